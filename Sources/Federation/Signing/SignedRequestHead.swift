/// What a signature covers of a request, in no HTTP library's types; both sides of a link translate theirs into it.
package struct SignedRequestHead: Sendable {
    package var method: String
    /// As it stands in the request line, percent-encoding left alone, without the query.
    package var path: String
    /// What follows the `?`; empty when nothing does.
    package var query: String
    package var headers: [(name: String, value: String)]

    package init(method: String, path: String, query: String = "", headers: [(name: String, value: String)]) {
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
    }
}

/// Finds the one header of a name; twice is as wrong as never.
struct SingleHeaders {
    let headers: [(name: String, value: String)]

    /// The value, which must be printable ASCII without spaces around it (so no folded line gets in).
    func value(_ name: String) throws(SignatureProblem) -> String {
        guard let value = try optionalValue(name) else { throw .malformed(name) }
        return value
    }

    func optionalValue(_ name: String) throws(SignatureProblem) -> String? {
        var found: String?
        for header in headers where SingleHeaders.isSame(header.name, name) {
            guard found == nil else { throw .malformed(name) }
            found = header.value
        }
        guard let value = found else { return nil }
        guard !value.isEmpty, value.utf8.allSatisfy({ (0x20...0x7E).contains($0) }),
            value.utf8.first != 0x20, value.utf8.last != 0x20
        else { throw .malformed(name) }
        return value
    }

    func refuse(_ name: String) throws(SignatureProblem) {
        for header in headers where SingleHeaders.isSame(header.name, name) { throw .malformed(name) }
    }

    /// `name` is lower-case.
    private static func isSame(_ given: String, _ name: String) -> Bool {
        given.utf8.count == name.utf8.count
            && zip(given.utf8, name.utf8).allSatisfy { given, wanted in
                given == wanted || ((0x41...0x5A).contains(given) && given | 0x20 == wanted)
            }
    }
}
