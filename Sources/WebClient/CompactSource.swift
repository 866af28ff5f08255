/// Takes out of scripts and styles what a browser has no use for, and what is a third of them: comments, and the blanks that lines
/// begin with. `WebClient` asks for it once, at the start.
///
/// There is no parser here. A comment goes when it has its lines to itself, and its lines stay as empty ones, so that an error in a
/// browser names a line of the sources. Nothing else of the language spans lines in our files, a template's text least of all:
/// `Tests/WebClient/compact.test.js` holds them to that.
enum CompactSource {
    static func of(_ file: ClientDirectory.File) -> ClientDirectory.File {
        guard file.type == .js || file.type == .css else { return file }
        let bytes = compacted(file.bytes, hasLineComments: file.type == .js)
        return ClientDirectory.File(path: file.path, type: file.type, bytes: bytes)
    }

    /// - Parameter hasLineComments: Whether `//` begins one, as in a script and not in a style.
    private static func compacted(_ source: [UInt8], hasLineComments: Bool) -> [UInt8] {
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
                kept.append(text)
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
