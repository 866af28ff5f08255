import Home
import Wire

/// The frame of each event of the domain; `SessionHub` asks for it once an event, however many sockets get it.
enum EventFrame {
    /// The frame without its last brace: each stream ends it with its own number (`FrameWriter.text(_:s:to:)`).
    static func body(of event: Event.Body) -> [UInt8] {
        switch event {
        case .newPrivateMessage(let message): body(of: DirectMessageFrame(.received, message))
        case .privateMessageSent(let message): body(of: DirectMessageFrame(.sent, message))
        case .unreadChanged(let change): body(of: UnreadChangedFrame(change: change))
        case .delivery(let report): body(of: DeliveryFrame(report: report))
        case .newFriendRequest(let notice): body(of: NewFriendRequestFrame(notice: notice))
        case .friendRequestAccepted(let notice): body(of: FriendRequestAcceptedFrame(notice: notice))
        case .friendshipChanged(let change): body(of: FriendshipChangedFrame(change: change))
        case .ownStatusChanged(let own): body(of: OwnStatusChangedFrame(own: own))
        }
    }

    /// The bytes of any frame that is to be numbered.
    static func body(of frame: some JSONWritable) -> [UInt8] {
        var bytes = JSONWriter.bytes(of: frame)
        bytes.removeLast()
        return bytes
    }
}
