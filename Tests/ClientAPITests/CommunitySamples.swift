import Wire

@testable import Home

/// What `FrameSnapshotTests` shows of communities.
enum CommunitySamples {
    private static let alice = ResolvedUser(key: UserKey(1), id: user("alice@alpha.example"), peer: nil)
    private static let bob = ResolvedUser(key: UserKey(2), id: user("bob@beta.example"), peer: nil)
    private static let time = Instant(milliseconds: 1_790_000_000_123)
    private static let later = time + .seconds(7 * 86_400)

    private static func user(_ text: String) -> UserID {
        guard let user = UserID(text) else { preconditionFailure("an address") }
        return user
    }

    private static func id<Of>(_ number: UInt64) -> ID<Of> {
        ID(high: 0x0199_0000_0000_7000, low: 0x8000_0000_0000_0000 | number)
    }

    private static let role = Role(
        id: id(7), name: "Moderator", permissions: [.kickMembers, .manageMessages], position: 2, isEveryone: false,
        color: 0x12ab9f)

    private static let channel = Channel(
        key: ChannelKey(1), id: id(6), kind: .text, name: "beete", topic: "Was wächst", position: 1, slowMode: 10,
        overrides: [
            .everyone: PermissionOverride(allow: [], deny: .viewChannel),
            .role(id(7)): PermissionOverride(allow: .viewChannel, deny: []),
            .member(bob.key): PermissionOverride(allow: [.viewChannel, .sendMessages], deny: []),
        ])

    static let community = Community(
        key: CommunityKey(1), id: id(5), host: nil, name: "Gärtner", description: "Über Beete", owner: alice,
        version: 3,
        createdAt: time, roles: [role.id: role], channels: [channel.key: channel],
        members: [bob.key: Member(user: bob, joinedAt: time, roles: [], timedOutUntil: nil)])

    /// One of another homeserver that is away.
    static let stale: Community = {
        var stale = Community(
            key: CommunityKey(2), id: id(9), host: RemotePeer(key: PeerKey(1), name: bob.id.server), name: "Gleis",
            description: nil, owner: bob, version: 4, createdAt: time)
        stale.isStale = true
        stale.incarnation = "elsewhere"
        return stale
    }()

    static let summary = ChannelSummary(
        id: id(6), community: id(5), lastSeq: 8, readSeq: 5, unread: 2, mentions: 1)

    static let invite = ServerInvite(
        id: id(8), community: id(5), name: "Gärtner", inviter: alice.id, invitee: bob.id, createdAt: time,
        expiresAt: later)

    private static func message(nonce: String?, replyTo: MessageID?, mentions: [Mention]) -> ChannelMessage {
        ChannelMessage(
            id: id(1), community: id(5), channel: id(6), seq: 7, n: 5, author: alice.id,
            text: "Grüße, \"Bob\"\n\u{1F600} \\ \u{1}", replyTo: replyTo, mentions: mentions, timestamp: time,
            nonce: nonce, isDeleted: false)
    }

    private static func changed(
        _ state: MembershipState, _ reason: CommunityReason, description: String? = nil, role: Role? = nil,
        removedRole: RoleID? = nil, isStale: Bool? = nil
    ) -> Event.Body {
        .communityChanged(
            CommunityChange(
                id: id(5), version: 3, name: "Gärtner", description: description, owner: alice.id, state: state,
                reason: reason, role: role, removedRole: removedRole, isStale: isStale))
    }

    static let events: [(String, Event.Body)] = [
        ("new-channel-message", .newChannelMessage(message(nonce: nil, replyTo: nil, mentions: []))),
        (
            "new-channel-message.own",
            .newChannelMessage(
                message(nonce: "n-1", replyTo: id(9), mentions: [.everyone, .role(id(7)), .user(bob.id)]))
        ),
        (
            "message-deleted",
            .messageDeleted(
                MessageDeletion(
                    community: id(5), channel: id(6), message: id(1), messageSeq: 7, seq: 8, by: bob.id,
                    timestamp: time))
        ),
        (
            "unread-changed.channel",
            .channelUnreadChanged(
                ChannelUnreadChange(
                    community: id(5), channel: id(6), readSeq: 5, unread: 2, mentions: 1, lastSeq: 8))
        ),
        ("new-server-invite", .newServerInvite(invite)),
        (
            "server-invite-changed",
            .serverInviteChanged(ServerInviteChange(id: id(8), community: id(5), state: "accepted", code: nil))
        ),
        (
            "server-invite-changed.failed",
            .serverInviteChanged(ServerInviteChange(id: id(8), community: id(5), state: "failed", code: "not_found"))
        ),
        ("community-changed", changed(.member, .updated, description: "Über Beete")),
        ("community-changed.role", changed(.member, .role, role: role)),
        ("community-changed.removed_role", changed(.member, .role, removedRole: id(7))),
        ("community-changed.stale", changed(.member, .updated, isStale: true)),
        ("community-changed.gone", changed(.gone, .banned)),
        ("channel-changed", .channelChanged(ChannelChange(channel, in: community, lastSeq: 8))),
        ("channel-changed.gone", .channelChanged(ChannelChange(gone: id(6), of: community))),
        (
            "member-changed",
            .memberChanged(
                MemberChange(
                    community: id(5), version: 3,
                    member: Member(user: bob, joinedAt: time, roles: [id(7)], timedOutUntil: later), state: .member,
                    reason: .timedOut))
        ),
        (
            "member-changed.gone",
            .memberChanged(
                MemberChange(
                    community: id(5), version: 3,
                    member: Member(user: bob, joinedAt: time, roles: [], timedOutUntil: nil), state: .gone,
                    reason: .kicked))
        ),
        ("report-changed", .reportChanged(ReportChange(community: id(5), id: id(16), isOpen: true))),
    ]

    static let receipts: [(String, ChannelReceipt)] = [
        (
            "ack.channel",
            ChannelReceipt(
                messageID: id(1), channel: id(6), seq: 7, n: 5, timestamp: time, state: .sent, duplicate: false)
        ),
        (
            "ack.channel.queued",
            ChannelReceipt(
                messageID: id(1), channel: id(6), seq: nil, n: nil, timestamp: time, state: .queued,
                duplicate: false)
        ),
    ]
}
