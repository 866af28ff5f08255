import ClientAPI
import Home
import Wire

/// The domain's `Delivery`: sockets on one side, the peers' workers on the other; neither knows of the other.
struct Outlets: Delivery {
    let hub: SessionHub

    func deliver(_ events: [Event]) { hub.deliver(events) }
    func enqueue(_ events: [OutboxEvent]) {}
    func recover() { hub.recover() }
    func close(logins: [LoginID]) { hub.close(logins: logins) }
}
