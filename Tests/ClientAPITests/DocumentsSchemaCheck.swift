import Wire

/// Holds JSON against docs/schemas in Swift tests: the keywords of JSON Schema 2020-12 that our schemas use, and an error for
/// any other. It also notes which documented properties it has met, so that a test can ask whether all were.
struct SchemaCheck {
    struct UnknownKeyword: Error { let keyword: String, file: String }

    private static let annotations: Set<String> = ["$schema", "$defs", "title", "description", "default"]

    /// `http-friends.json friends[].since`.
    private(set) var met: Set<String> = []

    /// What is wrong with a value; empty when nothing is.
    mutating func problems(of value: JSON, in file: String) throws -> [String] {
        try problems(of: value, Place(file: file, path: file + " "), try Documents.schema(file))
    }

    /// Every property that a schema documents, in the notation of `met`.
    static func properties(of file: String) throws -> Set<String> {
        try properties(Place(file: file, path: file + " "), try Documents.schema(file))
    }

    private struct Place {
        var file: String
        var path: String

        func inside(_ part: String) -> Place {
            Place(file: file, path: path + (path.hasSuffix(" ") || part == "[]" ? "" : ".") + part)
        }
    }

    private mutating func problems(of value: JSON, _ place: Place, _ schema: JSONObject) throws -> [String] {
        if let (target, found) = try SchemaCheck.reference(schema, place) {
            return try problems(of: value, target, found)
        }
        var problems: [String] = []
        for member in schema.members where !SchemaCheck.annotations.contains(member.key) {
            problems += try violation(of: member.key, member.value, value, place, schema)
        }
        return problems
    }

    private mutating func violation(
        of keyword: String, _ rule: JSON, _ value: JSON, _ place: Place, _ schema: JSONObject
    ) throws -> [String] {
        func check(_ holds: Bool) -> [String] { holds ? [] : ["\(place.path): \(keyword)"] }
        switch (keyword, rule, value) {
        case ("type", .string(let type), _): return check(SchemaCheck.has(value, type))
        case ("const", _, _): return check(value == rule)
        case ("enum", .array(let values), _): return check(values.contains(value))
        case ("minimum", .integer(let least), .integer(let number)): return check(number >= least)
        case ("maximum", .integer(let most), .integer(let number)): return check(number <= most)
        case ("minLength", .integer(let least), .string(let text)): return check(text.unicodeScalars.count >= least)
        case ("maxLength", .integer(let most), .string(let text)): return check(text.unicodeScalars.count <= most)
        case ("maxItems", .integer(let most), .array(let values)): return check(values.count <= most)
        case ("pattern", .string(let pattern), .string(let text)): return check(try text.contains(Regex(pattern)))
        case ("required", .array(let names), .object(let object)):
            return names.flatMap { name -> [String] in
                guard case .string(let name) = name, object[name] == nil else { return [] }
                return ["\(place.inside(name).path) is missing"]
            }
        case ("additionalProperties", .bool(false), .object(let object)):
            let known = try schema.object("properties").keys
            return object.keys.filter { !known.contains($0) }.map { "\(place.inside($0).path) is not documented" }
        case ("properties", .object(let properties), .object(let object)):
            return try properties.members.flatMap { property -> [String] in
                guard let value = object[property.key], case .object(let inner) = property.value else { return [] }
                met.insert(place.inside(property.key).path)
                return try problems(of: value, place.inside(property.key), inner)
            }
        case ("items", .object(let inner), .array(let values)):
            return try values.flatMap { try problems(of: $0, place.inside("[]"), inner) }
        case ("type", _, _), ("properties", _, _), ("required", _, _), ("additionalProperties", _, _),
            ("items", _, _), ("minimum", _, _), ("maximum", _, _), ("minLength", _, _), ("maxLength", _, _),
            ("maxItems", _, _), ("pattern", _, _), ("enum", _, _):
            // About another type of value, which `type` has judged.
            return []
        default: throw UnknownKeyword(keyword: keyword, file: place.file)
        }
    }

    private static func has(_ value: JSON, _ type: String) -> Bool {
        switch (type, value) {
        case ("object", .object), ("array", .array), ("string", .string), ("boolean", .bool), ("integer", .integer),
            ("null", .null):
            true
        default: false
        }
    }

    private static func properties(_ place: Place, _ schema: JSONObject) throws -> Set<String> {
        if let (target, found) = try reference(schema, place) { return try properties(target, found) }
        var found: Set<String> = []
        for property in try schema.optionalObject("properties")?.members ?? [] {
            guard case .object(let inner) = property.value else { continue }
            found.insert(place.inside(property.key).path)
            found.formUnion(try properties(place.inside(property.key), inner))
        }
        if let items = try schema.optionalObject("items") {
            found.formUnion(try properties(place.inside("[]"), items))
        }
        return found
    }

    /// The schema that `$ref` names: `common.json#/$defs/uuid`, or `#/…` in the same file.
    private static func reference(_ schema: JSONObject, _ place: Place) throws -> (Place, JSONObject)? {
        guard let reference = try schema.optionalString("$ref") else { return nil }
        let parts = reference.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
        var target = place
        if !parts[0].isEmpty { target.file = String(parts[0]) }
        var found = try Documents.schema(target.file)
        for key in parts.count == 2 ? parts[1].split(separator: "/") : [] {
            found = try found.object(String(key))
        }
        return (target, found)
    }
}
