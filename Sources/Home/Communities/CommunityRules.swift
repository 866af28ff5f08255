import Wire

/// What names, descriptions and reasons may be.
enum CommunityRules {
    /// A name as it is kept: without spaces around it.
    static func name(_ text: String) throws(HomeError) -> String {
        let trimmed = trim(text)
        // Of characters that show nothing alone it would look empty all the same.
        guard trimmed.unicodeScalars.contains(where: { $0.properties.generalCategory != .format }) else {
            throw .invalid(field: "name", problem: "must not be empty")
        }
        try check(trimmed, field: "name", atMost: Limits.nameCodePoints)
        return trimmed
    }

    /// A description, a topic or a note; nil when nothing is left of it.
    static func text(_ text: String?, field: String, atMost limit: Int) throws(HomeError) -> String? {
        guard let text else { return nil }
        let trimmed = trim(text)
        guard !trimmed.isEmpty else { return nil }
        try check(trimmed, field: field, atMost: limit, lines: true)
        return trimmed
    }

    static func reason(_ text: String?) throws(HomeError) -> String? {
        try self.text(text, field: "reason", atMost: Limits.reasonCodePoints)
    }

    static func color(_ text: String?) throws(HomeError) -> Int? {
        guard let text else { return nil }
        guard text.utf8.count == 7, text.hasPrefix("#"), text.dropFirst().allSatisfy(\.isHexDigit),
            let color = Int(text.dropFirst(), radix: 16)
        else {
            throw .invalid(field: "color", problem: "must be six hexadecimal digits after a #")
        }
        return color
    }

    private static func trim(_ text: String) -> String {
        let scalars = text.unicodeScalars
        guard let first = scalars.firstIndex(where: { !$0.properties.isWhitespace }),
            let last = scalars.lastIndex(where: { !$0.properties.isWhitespace })
        else { return "" }
        return String(scalars[first...last])
    }

    private static func check(_ text: String, field: String, atMost limit: Int, lines: Bool = false) throws(HomeError) {
        guard text.unicodeScalars.count <= limit else {
            throw .tooLarge(field: field, problem: "is longer than \(limit) characters")
        }
        let isClean = text.unicodeScalars.allSatisfy { scalar in
            scalar.properties.generalCategory != .control || (lines && (scalar == "\n" || scalar == "\t"))
        }
        guard isClean else { throw .invalid(field: field, problem: "must not contain control characters") }
    }
}
