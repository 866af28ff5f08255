import CLibpq

/// A connection string as libpq reads it, for whoever shows it or hands it to PostgreSQL's own programs; made by the CLI and by
/// `PostgresParameters`.
package struct PostgresConninfo: Sendable {
    private struct Option {
        let keyword: String
        let value: String
        /// Whether libpq itself would hide it.
        let isSecret: Bool
    }

    private let options: [Option]

    /// Throws `configuration` for what libpq cannot read.
    package init(_ text: String) throws(PostgresError) {
        // libpq's own message could quote a password, so it is not passed on.
        guard let parsed = PQconninfoParse(text, nil) else {
            throw .configuration("the connection string cannot be read")
        }
        defer { PQconninfoFree(parsed) }
        var options: [Option] = []
        var option = parsed
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val {
                options.append(
                    Option(
                        keyword: String(cString: keyword), value: String(cString: value),
                        isSecret: option.pointee.dispchar.map { String(cString: $0) == "*" } ?? false))
            }
            option += 1
        }
        self.options = options
    }

    package subscript(keyword: String) -> String? { options.first { $0.keyword == keyword }?.value }

    /// Whether it holds what nobody should see.
    package var hasSecrets: Bool { options.contains(where: \.isSecret) }

    /// Keywords and values, with what is secret replaced.
    package var redacted: String {
        options.map { "\($0.keyword)=\($0.isSecret ? "(not shown)" : $0.value)" }.joined(separator: " ")
    }

    /// The text of a libpq service file with this connection as its one service. It holds the password, if there is one.
    ///
    /// Throws `configuration` for a value that such a file cannot hold.
    package func serviceFile(named name: String) throws(PostgresError) -> String {
        var text = "[\(name)]\n"
        for option in options {
            let isPlain = option.value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
            // libpq takes lines of up to 1,023 bytes and drops blanks at their ends.
            guard isPlain, option.value.last != " ", option.value.utf8.count <= 900 else {
                throw .configuration("\(option.keyword) cannot stand in a service file")
            }
            text += "\(option.keyword)=\(option.value)\n"
        }
        return text
    }
}
