/// What a request's `Accept-Encoding` says of the one coding that we have (RFC 9110 §12.5.3).
enum AcceptEncoding {
    /// Whether gzip is acceptable, and no less wanted than the plain bytes.
    static func prefersGzip(_ field: String?) -> Bool {
        guard let field else { return false }
        var gzip: Double?
        var identity: Double?
        var others: Double?
        for element in field.split(separator: ",") {
            let parts = element.split(separator: ";", omittingEmptySubsequences: false).map(trimmed)
            switch parts[0].lowercased() {
            case "gzip", "x-gzip": gzip = weight(parts.dropFirst())
            case "identity": identity = weight(parts.dropFirst())
            case "*": others = weight(parts.dropFirst())
            default: break
            }
        }
        guard let wanted = gzip ?? others, wanted > 0 else { return false }
        return wanted >= identity ?? 0
    }

    /// 1 without a weight, 0 for one that is none.
    private static func weight(_ parameters: ArraySlice<Substring>) -> Double {
        guard let parameter = parameters.first else { return 1 }
        guard parameter.lowercased().hasPrefix("q="), let weight = Double(parameter.dropFirst(2)),
            (0...1).contains(weight)
        else { return 0 }
        return weight
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let isSpace = { (character: Character) in character == " " || character == "\t" }
        var text = text.drop(while: isSpace)
        while let last = text.last, isSpace(last) { text.removeLast() }
        return text
    }
}
