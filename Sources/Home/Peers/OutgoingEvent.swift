import Wire

/// An event of the durable lane before it is numbered: what the Writer turns into an outbox row.
struct OutgoingEvent: Sendable {
    enum Payload: Sendable {
        case directMessage(text: String, replyTo: MessageID?)
        case friendRequest(FriendRequestID)
        case friendAccept(FriendRequestID)
        case friendEnd(FriendRequestID, FriendshipChange.Reason)
        /// Of communities: its `data` as it is sent, written once however many homeservers it is for.
        case written(PeerEventType, data: [UInt8])
    }

    let id: EventID
    let sender: ResolvedUser
    /// Nil for what is for the homeserver and none of its users.
    let receiver: ResolvedUser?
    let timestamp: Instant
    let payload: Payload

    var type: String {
        switch payload {
        case .directMessage: PeerEventType.directMessage.rawValue
        case .friendRequest: PeerEventType.friendRequest.rawValue
        case .friendAccept: PeerEventType.friendAccept.rawValue
        case .friendEnd: PeerEventType.friendEnd.rawValue
        case .written(let type, _): type.rawValue
        }
    }

    /// The event as it goes over the link: `{seq, id, type, ts, sender, to, data}`.
    func json(seq: Int64) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("seq", seq)
        writer.field("id", id)
        writer.field("type", type)
        writer.field("ts", timestamp)
        writer.field("sender", sender.id)
        if let receiver { writer.field("to", receiver.id) }
        writer.key("data")
        if case .written(_, let data) = payload {
            writer.raw(data)
        } else {
            writeData(to: &writer)
        }
        writer.endObject()
        return writer.bytes
    }

    private func writeData(to writer: inout JSONWriter) {
        writer.beginObject()
        switch payload {
        case .directMessage(let text, let replyTo):
            writer.field("message", text)
            writer.field("reply_to", replyTo)
        case .friendRequest(let request), .friendAccept(let request):
            writer.field("request_id", request)
        case .friendEnd(let request, let reason):
            writer.field("request_id", request)
            writer.field("reason", reason.rawValue)
        case .written: break
        }
        writer.endObject()
    }
}

/// The types of the durable lane's events in this version; anything else is acknowledged as `unsupported`.
package enum PeerEventType: String, Sendable, CaseIterable {
    case directMessage = "direct.message"
    case friendRequest = "friend.request"
    case friendAccept = "friend.accept"
    case friendEnd = "friend.end"

    // From a community's home to the homeservers that have members of it.
    case communityState = "community.state"
    case communityMessage = "community.message"
    case communityMessageDeleted = "community.message_deleted"
    case communityInvite = "community.invite"
    case communityInviteEnd = "community.invite_end"
    case communityReport = "community.report"
    case communityGone = "community.gone"

    // To it.
    case channelMessage = "channel.message"
    case communityLeave = "community.leave"
    case communityAccept = "community.accept"
    case communityDecline = "community.decline"
    case communityResync = "community.resync"

    var isOfCommunities: Bool {
        switch self {
        case .directMessage, .friendRequest, .friendAccept, .friendEnd: false
        default: true
        }
    }

    /// Whether it tells of something that was said.
    var isOfChannel: Bool { self == .communityMessage || self == .communityMessageDeleted }

    /// What stands in an event's place when it failed before it was taken: `{seq, type: "expired"}`, acknowledged and skipped.
    package static let expired = "expired"

    static func expiredJSON(seq: Int64) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("seq", seq)
        writer.field("type", expired)
        writer.endObject()
        return writer.bytes
    }
}
