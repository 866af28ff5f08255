import Logging
import Wire

/// What a peer's new keyset does that it sends by itself (`POST /federation/v1/keys`); `FederationResponder` calls it.
///
/// Anybody may have sent it, so it proves itself by the root that is pinned here, it only ever adds to what is known,
/// and what is wrong with it is no alarm: that would be in anybody's hands.
struct TakePushedKeys: Sendable {
    let peers: KnownPeers
    let ring: KeyRing
    private let logger = Logger(label: "federation.keys")

    init(peers: KnownPeers, ring: KeyRing) {
        self.peers = peers
        self.ring = ring
    }

    func run(_ body: [UInt8]) async throws(FederationError) {
        let document: KeysDocument
        do throws(FieldError) {
            document = try KeysDocument(parsing: body)
        } catch {
            throw .invalid(problem: error.description)
        }
        let name = document.keyset.keyset.server
        guard try await peers.admit(name) != nil else { throw .notAllowed }
        switch await ring.receive(document, body, of: name) {
        case .known: return
        case .taken:
            logger.info(
                "a peer has sent a new keyset",
                metadata: ["peer": "\(name)", "version": "\(document.keyset.keyset.version)"])
        case .notPinned: throw .notAllowed
        case .unavailable: throw .unavailable(retryAfter: .seconds(1))
        case .refused(let alarm):
            logger.warning(
                "a keyset that was sent in a peer's name is not believed",
                metadata: ["peer": "\(name)", "reason": "\(alarm.word)"])
            throw .invalid(problem: "keyset: \(alarm.word)")
        }
    }
}
