import Home
import Synchronization
import Wire

/// Whom a homeserver speaks with, besides what the operator says about single peers.
package enum PeerMode: String, Sendable, CaseIterable {
    /// Every homeserver, until the operator blocks it.
    case open
    /// Only those that the configuration names or that the operator has allowed (`peer add`, `peer allow`, an invitation).
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

    private static let contactStep = Duration.seconds(60)

    private struct Entry {
        let peer: Peer?
        let readAt: Duration
        /// Whether an invitation is open that it could use; looked up only when nothing else lets it in.
        var mayBeInvited: Bool?
    }

    private let home: Home
    private let mode: PeerMode
    /// Those that the configuration names.
    private let listed: Set<ServerName>
    private let time: any TimeSource
    private let entries = Mutex<[ServerName: Entry]>([:])
    /// When a contact was last noted in the database: a minute is as exact as anybody wants it.
    private let contacts = Mutex<[PeerKey: Duration]>([:])

    init(home: Home, mode: PeerMode, listed: Set<ServerName> = [], time: any TimeSource) {
        self.home = home
        self.mode = mode
        self.listed = listed
        self.time = time
    }

    /// The peer, if it is known; throws when it, or a stranger, is not spoken with.
    ///
    /// - Parameter greeting: For a hello, which alone may come from somebody who has an invitation at most.
    func admit(_ name: ServerName, greeting: Bool = false) async throws(FederationError) -> Peer? {
        guard name != home.server else { throw .notAllowed }
        do {
            let entry = try await lookUp(name)
            if entry.peer?.policy == .blocked { throw FederationError.blocked }
            if isAdmitted(entry.peer, name) { return entry.peer }
            guard greeting, mode == .allowlist, try await mayBeInvited(name, entry) else {
                throw FederationError.notAllowed
            }
            return entry.peer
        } catch let error as FederationError {
            throw error
        } catch {
            throw .unavailable(retryAfter: .seconds(1))
        }
    }

    /// The peer that we are about to send something to.
    func admitAsReceiver(_ name: ServerName) async throws(PeerFailure) -> Peer? {
        do throws(FederationError) {
            return try await admit(name)
        } catch .unavailable {
            throw .ours("the peer cannot be looked up")
        } catch {
            throw .notAllowed
        }
    }

    /// Whether mode and policy let a peer in without an invitation. A row alone says nothing: one is made for every name that a user here
    /// has written to.
    func isAdmitted(_ peer: Peer?, _ name: ServerName) -> Bool {
        switch mode {
        case .open: true
        case .allowlist: listed.contains(name) || peer?.policy == .allowed || peer?.policy == .limited
        case .closed: false
        }
    }

    /// The peer's row, made on first contact: call it when the signature has held.
    func met(_ name: ServerName) async throws(FederationError) -> Peer {
        do throws(HomeError) {
            var peer = fresh(name)?.peer
            if peer?.isRemoved ?? true {
                peer = try await home.knownPeer(named: name)
                store(peer, name)
            }
            guard let peer else { throw HomeError.internal }
            try await noteContact(with: peer.key)
            return peer
        } catch {
            throw .unavailable(retryAfter: .seconds(1))
        }
    }

    /// Notes in the database that a signature of the peer has held, once a minute.
    func noteContact(with peer: PeerKey) async throws(HomeError) {
        let now = time.monotonic()
        let isDue = contacts.withLock { contacts in
            if let last = contacts[peer], now - last < KnownPeers.contactStep { return false }
            if contacts.count >= KnownPeers.capacity { contacts = [:] }
            contacts[peer] = now
            return true
        }
        if isDue { try await home.noteContact(with: peer) }
    }

    /// What was read of it is void: the operator has said something.
    func forget(_ name: ServerName) {
        entries.withLock { $0[name] = nil }
    }

    private func mayBeInvited(_ name: ServerName, _ entry: Entry) async throws(HomeError) -> Bool {
        if let known = entry.mayBeInvited { return known }
        let isInvited = try await home.mayBeInvited(name)
        entries.withLock { $0[name]?.mayBeInvited = isInvited }
        return isInvited
    }

    private func lookUp(_ name: ServerName) async throws(HomeError) -> Entry {
        if let entry = fresh(name) { return entry }
        return store(try await home.peer(named: name), name)
    }

    private func fresh(_ name: ServerName) -> Entry? {
        guard let entry = entries.withLock({ $0[name] }), time.monotonic() - entry.readAt < KnownPeers.life else {
            return nil
        }
        return entry
    }

    @discardableResult
    private func store(_ peer: Peer?, _ name: ServerName) -> Entry {
        let now = time.monotonic()
        let entry = Entry(peer: peer, readAt: now)
        entries.withLock { entries in
            if entries.count >= KnownPeers.capacity {
                entries = entries.filter { now - $0.value.readAt < KnownPeers.life }
                if entries.count >= KnownPeers.capacity { entries = [:] }
            }
            entries[name] = entry
        }
        return entry
    }
}
