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
        case .newChannelMessage(let message): body(of: ChannelMessageFrame(message: message))
        case .messageDeleted(let deletion): body(of: MessageDeletedFrame(deletion: deletion))
        case .channelUnreadChanged(let change): body(of: ChannelUnreadChangedFrame(change: change))
        case .newServerInvite(let invite): body(of: NewServerInviteFrame(invite: invite))
        case .serverInviteChanged(let change): body(of: ServerInviteChangedFrame(change: change))
        case .communityChanged(let change): body(of: CommunityChangedFrame(change: change))
        case .channelChanged(let change): body(of: ChannelChangedFrame(change: change))
        case .memberChanged(let change): body(of: MemberChangedFrame(change: change))
        case .reportChanged(let change): body(of: ReportChangedFrame(change: change))
        }
    }

    /// The bytes of any frame that is to be numbered.
    static func body(of frame: some JSONWritable) -> [UInt8] {
        var bytes = JSONWriter.bytes(of: frame)
        bytes.removeLast()
        return bytes
    }
}
