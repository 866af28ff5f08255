import Sodium
import Wire

/// The `ETag` of a page: a weak one, because the plain and the gzip form share it (RFC 9110 §8.8).
struct EntityTag {
    /// As it stands in the header, `W/"…"`.
    let header: String
    private let opaque: String

    init(of bytes: [UInt8]) {
        opaque = "\"" + Hex.encode(SHA256.hash(bytes).prefix(16)) + "\""
        header = "W/" + opaque
    }

    /// Whether an `If-None-Match` names what we would send. Ours has no comma in it, so the list may be cut at each.
    func isNamed(by field: String?) -> Bool {
        guard let field else { return false }
        return field.split(separator: ",").contains { element in
            let tag = element.filter { $0 != " " && $0 != "\t" }
            return tag == "*" || tag == header || tag == opaque
        }
    }
}
