package import Postgres
package import Wire

/// What the operator's commands do with peers, on the database alone: the serving process reads it within a second.
package struct PeerAdministration: Sendable {
    private let store: PeerStore

    package init(database: PostgresClient) {
        store = PeerStore(database: database)
    }

    /// The peer with this name, noted if it is new.
    package func meet(_ name: ServerName) async throws(HomeError) -> Peer {
        try await store.meet(name)
    }

    /// The peer with this name; nil when nothing is known of it.
    package func find(_ name: ServerName) async throws(HomeError) -> Peer? {
        try await store.peer(named: name)
    }

    /// Notes the root's fingerprint that the peer's operator gave; it is what the first keyset is held against.
    package func pin(fingerprint: String, of peer: PeerKey) async throws(HomeError) {
        try await store.pin(fingerprint: fingerprint, of: peer)
    }

    /// Every peer with the lane to it, by name.
    package func list() async throws(HomeError) -> [(peer: Peer, link: OutboundLink?)] {
        let links = Dictionary(try await store.outboundLinks().map { ($0.peer, $0) }) { first, _ in first }
        return try await store.all().map { ($0, links[$0.key]) }
    }
}
