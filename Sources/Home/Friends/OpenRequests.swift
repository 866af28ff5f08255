/// How many friend requests wait for one local user; `applyTransaction` asks it before it takes one more from a peer.
///
/// Without a bound one peer could fill a list that its victim's every `ready` carries, with people whom it makes up.
struct OpenRequests: Sendable {
    /// From all people of one homeserver.
    static let maximumOfPeer = 100
    /// Of all homeservers together.
    static let maximum = 1000

    private(set) var ofPeer: Int
    private(set) var all: Int

    init(ofPeer: Int, all: Int) {
        self.ofPeer = ofPeer
        self.all = all
    }

    /// Counts one more, unless there is no room.
    mutating func take() -> Bool {
        guard ofPeer < OpenRequests.maximumOfPeer, all < OpenRequests.maximum else { return false }
        ofPeer += 1
        all += 1
        return true
    }
}
