package import Wire

/// One event of a peer's transaction, parsed and not yet judged.
package struct InboundEvent: Sendable {
    package let seq: Int64
    package let id: EventID
    package let type: String
    package let sender: UserID
    /// Nil for what is for the homeserver and none of its users.
    package let to: UserID?
    package let timestamp: Instant
    package let data: JSONObject

    package init(
        seq: Int64, id: EventID, type: String, sender: UserID, to: UserID?, timestamp: Instant, data: JSONObject
    ) {
        self.seq = seq
        self.id = id
        self.type = type
        self.sender = sender
        self.to = to
        self.timestamp = timestamp
        self.data = data
    }

    /// Whether it failed at its own home, so that only its number is left.
    var isExpired: Bool { type == PeerEventType.expired }
}

/// What the receiver of an event says when it cannot take it; acknowledged all the same, so that the lane moves on.
package enum RejectionCode: String, Sendable, CaseIterable {
    case unsupported, invalid, forbidden, conflict, limited, poison, `internal`
    case notFound = "not_found"
    case notFriends = "not_friends"
    case tooLarge = "too_large"
    /// As many requests of that homeserver wait for the receiver as may (`OpenRequests`).
    case rateLimited = "rate_limited"
    /// The channel is in slow mode.
    case slowMode = "slow_mode"
}

/// An event that was acknowledged without effect.
package struct RejectedEvent: Sendable, Equatable {
    package let seq: Int64
    package let code: String

    package init(seq: Int64, code: String) {
        self.seq = seq
        self.code = code
    }
}

/// The answer to a transaction: `ack` is the highest contiguous `seq` whose effect is committed.
package struct TransactionResult: Sendable, Equatable {
    package let epoch: String
    package let ack: Int64
    package let rejected: [RejectedEvent]

    package init(epoch: String, ack: Int64, rejected: [RejectedEvent]) {
        self.epoch = epoch
        self.ack = ack
        self.rejected = rejected
    }
}

/// Why a transaction is not applied (the 409s of the durable lane), or could not be.
package enum TransactionError: Error, Sendable, Equatable {
    case gap(expected: Int64)
    case fork
    case epochUnknown(last: Int64)
    case home(HomeError)
}

/// What an event asks for, decoded from its `data`.
enum PeerEventPayload: Sendable {
    case directMessage(text: String, replyTo: MessageID?)
    case friendRequest(FriendRequestID)
    case friendAccept(FriendRequestID)
    case friendEnd(FriendRequestID, FriendshipChange.Reason)

    /// Whether a stranger's event of this kind is noted; a message of one is refused without leaving a trace of him.
    var mayIntroduce: Bool {
        switch self {
        case .directMessage: false
        case .friendRequest, .friendAccept, .friendEnd: true
        }
    }

    static func decode(_ event: InboundEvent, _ type: PeerEventType) throws(RejectionError) -> PeerEventPayload {
        do throws(FieldError) {
            switch type {
            case .directMessage:
                let text = try event.data.string(
                    "message", maxCodePoints: Limits.messageCodePoints, maxBytes: Limits.messageBytes)
                return .directMessage(text: text, replyTo: try event.data.optionalID("reply_to"))
            case .friendRequest:
                return .friendRequest(try event.data.id("request_id"))
            case .friendAccept:
                return .friendAccept(try event.data.id("request_id"))
            case .friendEnd:
                let reason = try event.data.string("reason")
                // A reason of a later version, or one that is no peer's to give, still ends it.
                let known = FriendshipChange.Reason(rawValue: reason).flatMap { $0 == .unblocked ? nil : $0 }
                return .friendEnd(try event.data.id("request_id"), known ?? .removed)
            default: throw FieldError(field: "type", problem: "is of communities")
            }
        } catch {
            throw RejectionError(.invalid)
        }
    }
}

/// A refusal of one event inside the Writer.
struct RejectionError: Error {
    let code: RejectionCode
    init(_ code: RejectionCode) { self.code = code }
}
