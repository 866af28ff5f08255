import Wire

/// What a message and its nonce may be, wherever they come from.
enum MessageRules {
    static func check(text: String) throws(HomeError) {
        guard text.utf8.count <= Limits.messageBytes else {
            throw .tooLarge(field: "message", problem: "is longer than \(Limits.messageBytes) bytes of UTF-8")
        }
        guard text.unicodeScalars.count <= Limits.messageCodePoints else {
            throw .tooLarge(field: "message", problem: "is longer than \(Limits.messageCodePoints) characters")
        }
        guard text.unicodeScalars.contains(where: { !$0.properties.isWhitespace }) else {
            throw .invalid(field: "message", problem: "must not be empty")
        }
        // PostgreSQL cannot store it.
        guard !text.utf8.contains(0) else { throw .invalid(field: "message", problem: "must not contain U+0000") }
    }

    static func check(nonce: String?) throws(HomeError) {
        guard let nonce else { return }
        let bytes = nonce.utf8
        guard (1...Limits.nonceLength).contains(bytes.count), bytes.allSatisfy({ (0x20...0x7e).contains($0) }) else {
            throw .invalid(field: "nonce", problem: "must be 1 to \(Limits.nonceLength) printable ASCII characters")
        }
    }
}
