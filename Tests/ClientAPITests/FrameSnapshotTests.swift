import Testing
import Wire

@testable import ClientAPI
@testable import Home

/// Every frame that the homeserver sends, byte for byte, against Tests/Snapshots/client-frames. Run with RECORD=1 to write
/// them anew, and look at the difference.
struct FrameSnapshotTests {
    private static let alice = user("alice@alpha.example")
    private static let bob = user("bob@beta.example")
    private static let time = Instant(milliseconds: 1_790_000_000_123)

    private static func user(_ text: String) -> UserID {
        guard let user = UserID(text) else { preconditionFailure("an address") }
        return user
    }

    private static func id<Of>(_ number: UInt64) -> ID<Of> {
        ID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0000 | number)
    }

    private static func message(nonce: String?, replyTo: MessageID? = nil) -> DirectMessage {
        DirectMessage(
            id: id(1), conversationID: id(2), seq: 7, n: 5, author: alice, receiver: bob,
            text: "Grüße, \"Bob\"\n\u{1F600} \\ \u{1}", replyTo: replyTo, timestamp: time, nonce: nonce)
    }

    private static let receipt = SendReceipt(
        messageID: id(1), conversationID: id(2), seq: 7, n: 5, timestamp: time, state: .queued, duplicate: false)

    /// With a message that was cut, with a whole one, and without any.
    private static let summaries = [
        summary(.friends, lastSeq: 7, readSeq: 5, unread: 1, preview(isCut: true)),
        summary(.none, lastSeq: 7, readSeq: 7, unread: 0, preview(isCut: false)),
        summary(.friends, lastSeq: 0, readSeq: 0, unread: 0, nil),
    ]

    private static func summary(
        _ state: DirectSummary.State, lastSeq: Int64, readSeq: Int64, unread: Int64, _ last: MessagePreview?
    ) -> DirectSummary {
        DirectSummary(
            conversationID: id(2), user: bob, state: state, lastSeq: lastSeq, readSeq: readSeq, unread: unread,
            lastMessage: last)
    }

    private static func preview(isCut: Bool) -> MessagePreview {
        MessagePreview(id: id(1), seq: 7, author: alice, text: "Grüße, \"Bob\"", isCut: isCut, timestamp: time)
    }

    static let samples: [(String, Event.Body)] = [
        ("new-private-message", .newPrivateMessage(message(nonce: "never shown"))),
        ("new-private-message.reply", .newPrivateMessage(message(nonce: nil, replyTo: id(9)))),
        ("private-message-sent", .privateMessageSent(message(nonce: "n-1", replyTo: id(9)))),
        ("private-message-sent.plain", .privateMessageSent(message(nonce: nil))),
        (
            "unread-changed",
            .unreadChanged(UnreadChange(conversationID: id(2), user: bob, readSeq: 5, unread: 1, lastSeq: 7))
        ),
        ("delivery.delivered", .delivery(DeliveryReport(messageID: id(1), server: bob.server, state: .delivered))),
        (
            "delivery.failed",
            .delivery(DeliveryReport(messageID: id(1), server: bob.server, state: .failed, reason: "not_friends"))
        ),
        (
            "new-friend-request",
            .newFriendRequest(FriendRequestNotice(requestID: id(3), user: bob, timestamp: time))
        ),
        (
            "friend-request-accepted",
            .friendRequestAccepted(FriendRequestNotice(requestID: id(3), user: bob, timestamp: time))
        ),
        ("friendship-changed", .friendshipChanged(FriendshipChange(user: bob, requestID: id(3), state: .friends))),
        (
            "friendship-changed.none",
            .friendshipChanged(FriendshipChange(user: bob, requestID: id(3), state: .none, reason: .declined))
        ),
        (
            "friendship-changed.failed",
            .friendshipChanged(FriendshipChange(user: bob, requestID: id(3), state: .failed, code: "blocked"))
        ),
        (
            "friendship-changed.blocked",
            .friendshipChanged(FriendshipChange(user: bob, requestID: nil, state: .blocked))
        ),
        ("own-status-changed", .ownStatusChanged(OwnPresence(status: .invisible, showsLastSeen: false))),
    ]

    @Test("events, as a stream sends them", arguments: (samples + CommunitySamples.events).map(\.0))
    func events(name: String) throws {
        let all = FrameSnapshotTests.samples + CommunitySamples.events
        let event = try #require(all.first { $0.0 == name }).1
        try Snapshot.check("client-frames/\(name).json", EventFrame.body(of: event) + Array(#","s":42}"#.utf8))
    }

    @Test("ack, as a stream sends it")
    func ack() throws {
        let body = EventFrame.body(of: AckFrame(nonce: "n \"1\"", receipt: FrameSnapshotTests.receipt))
        try Snapshot.check("client-frames/ack.json", body + Array(#","s":42}"#.utf8))
        for (name, receipt) in CommunitySamples.receipts {
            let body = EventFrame.body(of: ChannelAckFrame(nonce: "n \"1\"", receipt: receipt))
            try Snapshot.check("client-frames/\(name).json", body + Array(#","s":42}"#.utf8))
        }
    }

    @Test("hello and ready")
    func beginning() throws {
        let state = ReadyState(
            direct: FrameSnapshotTests.summaries,
            friends: [
                Friend(user: FrameSnapshotTests.bob, since: FrameSnapshotTests.time, presence: .online),
                Friend(
                    user: FrameSnapshotTests.user("dora@alpha.example"), since: FrameSnapshotTests.time,
                    presence: ShownPresence(isOnline: false, lastSeen: Instant(seconds: 1_790_000_040))),
            ],
            friendRequests: [
                FriendRequest(
                    id: FrameSnapshotTests.id(3), user: FrameSnapshotTests.user("carol@alpha.example"),
                    direction: .incoming, state: .pending, timestamp: FrameSnapshotTests.time)
            ], blocks: [Block(user: FrameSnapshotTests.user("eve@beta.example"), since: FrameSnapshotTests.time)],
            own: OwnPresence(status: .offline, showsLastSeen: true),
            communities: [CommunitySamples.community, CommunitySamples.stale],
            channels: [CommunitySamples.summary], serverInvites: [CommunitySamples.invite])
        let ready = ReadyFrame(
            stream: FrameSnapshotTests.id(4), epoch: "epoch", incarnation: "incarnation",
            user: FrameSnapshotTests.alice,
            state: state)
        try Snapshot.check("client-frames/ready.json", JSONWriter.bytes(of: ready))
        let empty = ReadyFrame(
            stream: FrameSnapshotTests.id(4), epoch: "epoch", incarnation: "incarnation",
            user: FrameSnapshotTests.alice,
            state: ReadyState(
                direct: [], friends: [], friendRequests: [], blocks: [],
                own: OwnPresence(status: .online, showsLastSeen: true), communities: [], channels: [],
                serverInvites: []))
        try Snapshot.check("client-frames/ready.empty.json", JSONWriter.bytes(of: empty))
        let hello = HelloFrame(server: FrameSnapshotTests.alice.server)
        try Snapshot.check("client-frames/hello.json", JSONWriter.bytes(of: hello))
    }

    @Test("presence of a friend")
    func statuses() throws {
        for (name, presence) in [
            ("friend-status-changed", ShownPresence(isOnline: false, lastSeen: Instant(seconds: 1_790_000_040))),
            ("friend-status-changed.online", .online),
        ] {
            let frame = FriendStatusChangedFrame(user: FrameSnapshotTests.bob, presence: presence)
            try Snapshot.check("client-frames/\(name).json", JSONWriter.bytes(of: frame))
        }
    }

    @Test("answers")
    func answers() throws {
        let pong = PongFrame(s: 42, time: FrameSnapshotTests.time)
        try Snapshot.check("client-frames/pong.json", JSONWriter.bytes(of: pong))
        try Snapshot.check("client-frames/resumed.json", JSONWriter.bytes(of: ResumedFrame(replayed: 3)))
        try Snapshot.check("client-frames/resync.json", JSONWriter.bytes(of: ResyncFrame(reason: .tooOld)))
        let wrong = ErrorFrame(
            error: ClientError(field: "receiver_id", problem: "is missing"), nonce: "n", refType: "private-message")
        try Snapshot.check("client-frames/error.json", JSONWriter.bytes(of: wrong))
        let limited = ErrorFrame(
            error: ClientError(.rateLimited, "too many frames of this kind", retryAfter: .milliseconds(200)))
        try Snapshot.check("client-frames/error.rate_limited.json", JSONWriter.bytes(of: limited))
        let slow = ErrorFrame(
            error: ClientError(.slowMode(retryAfter: .milliseconds(4200))), nonce: "n", refType: "channel-message")
        try Snapshot.check("client-frames/error.slow_mode.json", JSONWriter.bytes(of: slow))
    }

    @Test("every error of the domain has a code, a status and a text")
    func errors() throws {
        let errors: [HomeError] = [
            .unauthorized, .forbidden("no"), .notFound("nothing is there"), .invalid(field: "f", problem: "is bad"),
            .tooLarge(field: "f", problem: "is long"), .rateLimited(retryAfter: .milliseconds(1500)),
            .slowMode(retryAfter: .milliseconds(4200)), .notFriends, .blocked, .conflict("twice"),
            .remoteUnreachable(FrameSnapshotTests.bob.server), .unavailable("away"),
            .internal,
        ]
        var lines: [UInt8] = []
        for error in errors {
            let error = ClientError(error)
            lines += Array("\(error.status) ".utf8) + JSONWriter.bytes(of: error) + [0x0A]
        }
        try Snapshot.check("client-frames/errors.txt", lines)
    }
}
