import Home
import Synchronization
import Wire

/// Whom a homeserver speaks with, besides what the operator says about single peers.
package enum PeerMode: String, Sendable, CaseIterable {
    /// Every homeserver, until the operator blocks it.
    case open
    /// Only those that the configuration names or that the operator has added (`peer add`).
    case allowlist
    /// Nobody.
    case closed
}

/// Looks peers up and judges them by mode and policy; both sides of the links ask it for every request.
///
/// Its state is behind a `Mutex`: what the database said is believed for a second, so that a command of the operator
/// takes effect within that and a busy peer costs one query a second. At most `capacity` names.
final class KnownPeers: Sendable {
    private static let life = Duration.seconds(1)
    private static let capacity = 10_000

    private struct Entry {
        let peer: Peer?
        let readAt: Duration
    }

    private let home: Home
    private let mode: PeerMode
    /// Those that the configuration names.
    private let listed: Set<ServerName>
    private let time: any TimeSource
    private let entries = Mutex<[ServerName: Entry]>([:])

    init(home: Home, mode: PeerMode, listed: Set<ServerName> = [], time: any TimeSource) {
        self.home = home
        self.mode = mode
        self.listed = listed
        self.time = time
    }

    /// The peer, if it is known; throws when it, or a stranger, is not spoken with.
    func admit(_ name: ServerName) async throws(FederationError) -> Peer? {
        guard name != home.server else { throw .notAllowed }
        let peer: Peer?
        do throws(HomeError) {
            peer = try await lookUp(name)
        } catch {
            throw .unavailable(retryAfter: .seconds(1))
        }
        switch peer?.policy {
        case .blocked, .suspended: throw .blocked
        case .pending, .allowed, .limited, nil: break
        }
        switch mode {
        case .open: return peer
        // A row alone says nothing: one is made for every name that a user here has written to.
        case .allowlist:
            guard listed.contains(name) || peer?.rootFingerprint != nil else { throw .notAllowed }
            return peer
        case .closed: throw .notAllowed
        }
    }

    /// The peer's row, made on first contact: call it when the signature has held.
    func met(_ name: ServerName) async throws(FederationError) -> Peer {
        if let peer = fresh(name)?.peer { return peer }
        do throws(HomeError) {
            let peer = try await home.knownPeer(named: name)
            store(peer, name)
            return peer
        } catch {
            throw .unavailable(retryAfter: .seconds(1))
        }
    }

    private func lookUp(_ name: ServerName) async throws(HomeError) -> Peer? {
        if let entry = fresh(name) { return entry.peer }
        let peer = try await home.peer(named: name)
        store(peer, name)
        return peer
    }

    private func fresh(_ name: ServerName) -> Entry? {
        guard let entry = entries.withLock({ $0[name] }), time.monotonic() - entry.readAt < KnownPeers.life else {
            return nil
        }
        return entry
    }

    private func store(_ peer: Peer?, _ name: ServerName) {
        let now = time.monotonic()
        entries.withLock { entries in
            if entries.count >= KnownPeers.capacity {
                entries = entries.filter { now - $0.value.readAt < KnownPeers.life }
                if entries.count >= KnownPeers.capacity { entries = [:] }
            }
            entries[name] = Entry(peer: peer, readAt: now)
        }
    }
}
