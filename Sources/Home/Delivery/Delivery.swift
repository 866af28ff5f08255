package import Wire

/// The one way from the domain out to the APIs: what was committed, to sockets and to peers.
///
/// The Writer calls it after COMMIT, in commit order, before the callers of that batch resume. An implementation only appends to its
/// own queues: it never blocks, awaits or calls back into Home. The client API, the federation sender and the composition root implement it.
package protocol Delivery: Sendable {
    /// Hands events to the sockets of local users, in the order of their numbers.
    func deliver(_ events: [Event])
    /// Tells sockets what is true only now: a newer one takes the place of an older one of the same person that still waits.
    func deliver(_ statuses: [FriendStatus])
    /// Hands what is true only now to the ephemeral lanes of peers; lost where the link is down.
    func announce(_ announcements: [PeerAnnouncement])
    /// Hands freshly committed outbox rows to the workers of their peers, in order of `seq` within a peer.
    func enqueue(_ events: [OutboxEvent])
    /// Rows that waited for this peer have failed: its worker forgets what it has read of them and reads its outbox anew.
    func reread(outboxOf peer: PeerKey)
    /// A commit whose connection broke turned out to have happened, and nobody was told: sockets get `resync` and a fresh `ready`, the peers'
    /// workers read their outbox anew.
    func recover()
    /// Numbers that these users' sockets know mean something else from now on: they get `resync` and a fresh `ready`.
    func resync(_ users: Set<UserKey>)
    /// Closes every socket of these login sessions with 4013: they were revoked.
    func close(logins: [LoginID])
}
