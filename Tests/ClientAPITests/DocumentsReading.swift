import Foundation
import Wire

/// Files of the checkout that tests read.
enum TestFiles {
    struct NotFound: Error { let name: String }

    static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func text(_ name: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(name), encoding: .utf8)
    }

    static func names(in folder: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
    }
}

/// What docs/ declares. The YAML documents are read line by line, as they are laid out; should the layout change, nothing is found and
/// the comparisons fail.
enum Documents {
    private static let methods = ["get", "post", "put", "patch", "delete"]

    static func schema(_ name: String) throws -> JSONObject {
        guard let schema = try JSON.parse(TestFiles.text("docs/schemas/" + name)).object else {
            throw TestFiles.NotFound(name: name)
        }
        return schema
    }

    /// `GET /api/v1/me (session)`, from openapi.yaml: a path stands two columns in, its methods four.
    static func routes() throws -> [String] {
        var routes: [String] = []
        var path = ""
        for line in try section("paths", of: "docs/openapi.yaml") {
            if line.hasPrefix("  /") {
                path = String(line.dropFirst(2).dropLast())
            } else if line.hasPrefix("    "), line.hasSuffix(":"),
                methods.contains(String(line.dropFirst(4).dropLast()))
            {
                routes.append("\(line.dropFirst(4).dropLast().uppercased()) \(path) (session)")
            } else if line == "      security: []", let last = routes.popLast() {
                routes.append(String(last.dropLast(" (session)".count)))
            }
        }
        return routes
    }

    /// The names of all parameters in query strings.
    static func queryParameters() throws -> Set<String> {
        let lines = try TestFiles.text("docs/openapi.yaml").components(separatedBy: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
        return Set(
            zip(lines, lines.dropFirst()).filter { $1 == "in: query" }.compactMap { line, _ in
                line.split(separator: " ").last.map(String.init)
            })
    }

    /// The types of the frames that the homeserver sends or receives, from the operations of asyncapi.yaml.
    static func frames(of action: String) throws -> [String] {
        let operations = try section("operations", of: "docs/asyncapi.yaml")
        let keys = zip(operations, operations.dropFirst()).filter { $1 == "    action: \(action)" }.map {
            String($0.0.dropFirst(2).dropLast())
        }
        let messages = try section("components", of: "docs/asyncapi.yaml")
        let names = zip(messages, messages.dropFirst()).filter { $1.hasPrefix("      name: ") }.map {
            (String($0.dropFirst(4).dropLast()), String($1.dropFirst("      name: ".count)))
        }
        let byKey = Dictionary(uniqueKeysWithValues: names)
        return keys.map { byKey[$0] ?? "no message \($0)" }
    }

    static func closeCodes() throws -> [Int] {
        try section("channels", of: "docs/asyncapi.yaml").compactMap { line in
            guard line.hasPrefix("      - {code: ") else { return nil }
            return Int(line.dropFirst("      - {code: ".count).prefix { $0.isNumber })
        }
    }

    static func limits() throws -> [String: Int] {
        let lines = try section("channels", of: "docs/asyncapi.yaml").drop { $0 != "    x-limits:" }.dropFirst()
        let pairs = lines.prefix { $0.hasPrefix("      ") }.map { $0.split(separator: ":") }
        return Dictionary(
            uniqueKeysWithValues: pairs.map { pair in
                (pair[0].trimmingCharacters(in: .whitespaces), Int(pair[1].trimmingCharacters(in: .whitespaces)) ?? -1)
            })
    }

    /// The lines below a key of the first column.
    private static func section(_ key: String, of file: String) throws -> [String] {
        let lines = try TestFiles.text(file).components(separatedBy: "\n")
        return Array(lines.drop { $0 != key + ":" }.dropFirst().prefix { $0.isEmpty || $0.hasPrefix(" ") })
    }
}

/// What the sources of the client API declare without a table.
enum Sources {
    /// The types that stand in `Frames/`: literal in `field("type", …)`, or the cases of the file's `enum Kind`.
    static func writtenFrames() throws -> Set<String> {
        var types: Set<String> = []
        for name in try TestFiles.names(in: "Sources/ClientAPI/Frames") {
            let text = try TestFiles.text("Sources/ClientAPI/Frames/" + name)
            types.formUnion(text.matches(of: /field\("type", "([a-z-]+)"\)/).map { String($0.1) })
            if text.contains("field(\"type\", kind.rawValue)") {
                types.formUnion(text.matches(of: /case \w+ = "([a-z]+(?:-[a-z]+)+)"/).map { String($0.1) })
            }
        }
        return types
    }

    /// The fields that are read from JSON objects in a folder of the client API, by the accessors of `JSONObject`.
    static func readFields(in folder: String) throws -> Set<String> {
        try literals(
            // `query.text`, of a variable whose name ends so, reads a parameter.
            /(?:[^r]y|[^y])\.(?:string|optionalString|clearableString|integer|optionalInteger|optionalSeconds|bool|optionalBool|array|optionalArray|object|optionalObject|permissions|id|optionalID|userID)\(\s*"(\w+)"/,
            in: folder)
    }

    /// The parameters that routes read from query strings.
    static func readParameters() throws -> Set<String> {
        try literals(/query\.(?:text|integer)\("(\w+)"/, in: "HTTP")
    }

    private static func literals(_ pattern: Regex<(Substring, Substring)>, in folder: String) throws -> Set<String> {
        let folder = "Sources/ClientAPI/" + folder
        return try TestFiles.names(in: folder).reduce(into: []) { found, name in
            let text = try TestFiles.text(folder + "/" + name)
            found.formUnion(text.matches(of: pattern).map { String($0.1) })
        }
    }
}
