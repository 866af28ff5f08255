/// One JSON object, its keys in the order in which they stood; its accessors check type and bounds and name the field.
///
/// Keys are compared byte by byte. `path` is where the object stands in its document and begins every error's field.
package struct JSONObject: Sendable, Equatable {
    package struct Member: Sendable {
        package let key: String
        package let value: JSON
    }

    package private(set) var members: [Member] = []
    package private(set) var path = ""

    package init() {}

    package var count: Int { members.count }
    package var keys: [String] { members.map(\.key) }

    package subscript(key: String) -> JSON? {
        let length = key.utf8.count
        for member in members where member.key.utf8.count == length && member.key == key { return member.value }
        return nil
    }

    /// Puts a value in place of the one that the key has, or behind all others.
    package mutating func set(_ key: String, _ value: JSON) {
        let place = members.firstIndex { $0.key.utf8.elementsEqual(key.utf8) }
        guard let place else { return append(key, value) }
        members[place] = Member(key: key, value: value)
    }

    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.key == $1.key && $0.value == $1.value }
    }

    /// The same object, known to stand at `path`.
    package func at(_ path: String) -> JSONObject {
        var copy = self
        copy.path = path
        return copy
    }

    package mutating func append(_ key: String, _ value: JSON) {
        members.append(Member(key: key, value: value))
    }

    mutating func reserveCapacity(_ count: Int) {
        members.reserveCapacity(count)
    }

    /// Whether a key is there that Unicode takes for the same as this one.
    func hasEquivalent(of key: String) -> Bool {
        for member in members where member.key == key { return true }
        return false
    }
}

/// A field of a frame or a body that is not what it must be; answered as code `invalid` with both parts.
package struct FieldError: Error, Equatable, CustomStringConvertible {
    /// Where: `receiver_id`, or `events[3].data.message`.
    package let field: String
    /// What: `is missing`, `must be a string`, `is longer than 4000 characters`.
    package let problem: String

    package init(field: String, problem: String) {
        self.field = field
        self.problem = problem
    }

    package var description: String { "\(field) \(problem)" }
}

extension JSONObject: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        for member in members {
            writer.key(escaping: member.key)
            member.value.write(to: &writer)
        }
        writer.endObject()
    }
}
