/// Takes the comments out of what a browser gets: a third of it. `WebClient` asks for it once, at the start.
///
/// There is no parser here: a comment goes when it has its lines to itself, and its lines stay as empty ones, so that an error in a
/// browser names a line of the sources. A line of text in a template that looks like one would go too; the client's own tests
/// (`Tests/WebClient/comments.test.js`) compare what every file means with and without.
enum Comments {
    static func removed(from file: ClientDirectory.File) -> ClientDirectory.File {
        guard file.type == .js || file.type == .css else { return file }
        let bytes = removed(from: file.bytes, hasLineComments: file.type == .js)
        return ClientDirectory.File(path: file.path, type: file.type, bytes: bytes)
    }

    /// - Parameter hasLineComments: Whether `//` begins one, as in a script and not in a style.
    static func removed(from source: [UInt8], hasLineComments: Bool) -> [UInt8] {
        let lines = source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        var kept: [ArraySlice<UInt8>] = []
        kept.reserveCapacity(lines.count)
        while kept.count < lines.count {
            let text = lines[kept.count].drop(while: isBlank)
            if hasLineComments, text.starts(with: "//".utf8) {
                kept.append([])
            } else if text.starts(with: "/*".utf8), let count = blockLength(lines[kept.count...]) {
                kept.append(contentsOf: repeatElement([], count: count))
            } else {
                kept.append(lines[kept.count])
            }
        }
        return Array(kept.joined(separator: [UInt8(ascii: "\n")]))
    }

    /// How many lines the comment has that begins the first of them; nil when it does not end, or not at the end of a line.
    private static func blockLength(_ lines: ArraySlice<ArraySlice<UInt8>>) -> Int? {
        for (index, line) in lines.enumerated() {
            // The first line's own slash and star are not its end: `/*/` is open.
            let text = index == 0 ? line.drop(while: isBlank).dropFirst(2) : line
            guard let end = text.indices.first(where: { text[$0...].starts(with: "*/".utf8) }) else { continue }
            return text[(end + 2)...].allSatisfy(isBlank) ? index + 1 : nil
        }
        return nil
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
