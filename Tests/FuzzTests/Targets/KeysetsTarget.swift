import Federation
import Wire

extension FuzzTarget {
    /// The first byte says which layer the others are: a whole keys document, a keyset, or a freshness.
    static let keysets = FuzzTarget(name: "keysets") { bytes throws(Finding) in
        guard let layer = bytes.first, let server = ServerName("a.example") else { return }
        let body = Array(bytes.dropFirst())
        switch layer % 3 {
        case 0:
            guard let document = try? KeysDocument(parsing: body) else { return }
            guard (try? KeysDocument(parsing: document.bytes)) == document else {
                throw Finding("a keys document is written otherwise than it was read")
            }
            let now = Instant(seconds: 1_700_000_000)
            _ = document.freshness.confirms(document.keyset, now: now)
            _ = KeysetPolicy.judge(new: document.keyset, of: server, pinned: PinnedKeys(), now: now)
        case 1:
            guard let keyset = try? Keyset(parsing: body) else { return }
            let written = JSONWriter.bytes(of: keyset)
            guard (try? Keyset(parsing: written)).map({ JSONWriter.bytes(of: $0) }) == written else {
                throw Finding("a keyset that was read and written is written otherwise the next time")
            }
            guard Set(keyset.keys.map(\.id)).count == keyset.keys.count,
                keyset.keys.count(where: { $0.state == .active }) <= 1
            else { throw Finding("a keyset has a key twice, or two that are active") }
        default:
            guard let freshness = try? Freshness(parsing: body) else { return }
            // Times are read to the microsecond and written to the millisecond, so it is the second writing that must be the same.
            let written = JSONWriter.bytes(of: freshness)
            guard (try? Freshness(parsing: written)).map({ JSONWriter.bytes(of: $0) }) == written else {
                throw Finding("a freshness that was read and written is written otherwise the next time")
            }
        }
    }
}
