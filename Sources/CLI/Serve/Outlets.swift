import ClientAPI
import Federation
import Home
import Wire

/// The domain's `Delivery`: sockets on one side, the peers' workers on the other; neither knows of the other.
struct Outlets: Delivery {
    let hub: SessionHub
    /// Nil where federation is closed: then nothing is ever addressed to a peer.
    let sender: PeerSender?

    func deliver(_ events: [Event]) { hub.deliver(events) }
    func deliver(_ statuses: [FriendStatus]) { hub.deliver(statuses) }
    func announce(_ announcements: [PeerAnnouncement]) { sender?.announce(announcements) }
    func enqueue(_ events: [OutboxEvent]) { sender?.enqueue(events) }
    func reread(outboxOf peer: PeerKey) { sender?.reread(outboxOf: peer) }
    func recover() {
        hub.recover()
        sender?.recover()
    }

    func resync(_ users: Set<UserKey>) { hub.resync(users) }
    func close(logins: [LoginID]) { hub.close(logins: logins) }
}
