import Wire

/// A row of `community_members` by its key.
struct MemberPlace: Hashable, Comparable {
    let community: CommunityKey
    let user: UserKey

    static func < (a: MemberPlace, b: MemberPlace) -> Bool { (a.community, a.user) < (b.community, b.user) }
}

/// A row of `community_roles` by its key.
struct RolePlace: Hashable {
    let community: CommunityKey
    let role: RoleID
}

/// A row of `channel_markers` by its key.
struct MarkerPlace: Hashable, Comparable {
    let owner: UserKey
    let channel: ChannelKey

    static func < (a: MarkerPlace, b: MarkerPlace) -> Bool { (a.owner, a.channel) < (b.owner, b.channel) }
}

/// A place in a channel, up to which somebody has read.
struct ChannelPlace: Hashable {
    let marker: MarkerPlace
    let seq: Int64
    /// What mentions him, as `messages.mentions` has it (`Community.mentionWords`).
    let words: String
}

/// What stands behind a place of a channel, and where its owner's marker stood before.
struct ChannelUnread {
    var readSeq: Int64
    var unread: Int64
    var mentions: Int64
}

/// A channel that a peer has named.
struct NamedChannel: Sendable {
    let key: ChannelKey
    /// Nil for a private conversation.
    let community: CommunityKey?
}

/// A row of `channel_submissions`: what a local author has written to a channel elsewhere, and has no number yet.
struct ChannelSubmission: Sendable {
    let message: MessageID
    let author: UserKey
    let channel: ChannelKey
    let nonce: String?
    let sentAt: Instant

    var nonceKey: NonceKey? { nonce.map { NonceKey(author: author, place: .channel(channel), nonce: $0) } }
}

/// A row of `community_consents`: somebody here has asked to come into a community of another homeserver.
struct Consent: Hashable, Sendable {
    let member: UserKey
    let community: CommunityID
    let host: PeerKey
}

/// A community and a homeserver that is told everything of it anew.
struct Retelling: Hashable, Sendable {
    let community: CommunityKey
    let peer: PeerKey
}

/// A row of `community_bans`.
struct StoredBan: Sendable {
    let by: UserKey
    let reason: String?
    let createdAt: Instant
}

/// A row of `community_invites`.
struct StoredInvite: Sendable {
    enum State: String, Sendable { case pending, accepted, declined, withdrawn, expired }
    let id: ServerInviteID
    let community: CommunityKey
    let communityID: CommunityID
    let inviter: UserKey
    let invitee: UserKey
    /// His homeserver; nil is here.
    let inviteePeer: RemotePeer?
    var state: State
    /// False when the invited person had blocked the inviter: he hears nothing of it.
    let isShown: Bool
    let createdAt: Instant
    let expiresAt: Instant
}

/// A row of `community_links`.
struct StoredLink: Sendable {
    let code: String
    let community: CommunityKey
    let creator: UserKey
    let createdAt: Instant
    let expiresAt: Instant?
    let maxUses: Int64?
    var uses: Int64
    var revokedAt: Instant?

    func isOpen(at now: Instant) -> Bool {
        revokedAt == nil && expiresAt.map { $0 > now } ?? true && maxUses.map { uses < $0 } ?? true
    }
}

/// A row of `community_link_uses`.
struct LinkUse: Hashable {
    let code: String
    let user: UserKey
}

/// A row of `community_reports`.
struct StoredReport: Sendable {
    let id: ReportID
    let community: CommunityKey
    let channel: ChannelKey
    let message: MessageID
    /// Who wrote it.
    let author: UserKey
    let reporter: UserKey
    let reason: String
    let createdAt: Instant
    var closedBy: UserKey?
    var closedAt: Instant?
    var note: String?
}

/// A row of `community_log`.
struct LogRow: Sendable {
    let community: CommunityKey
    let version: Int64
    let event: EventID
    let at: Instant
    let actor: UserKey
    let entry: LogEntry
}

/// A row of `conversation_events`.
struct ConversationEventRow: Sendable {
    enum Kind: String, Sendable { case messageDeleted = "message-deleted" }
    let conversation: Int64
    let seq: Int64
    let kind: Kind
    let message: MessageID
    /// The number that the message had.
    let messageSeq: Int64
    let actor: UserKey
    let at: Instant
}

/// What a batch will write of communities. What it changes of one stands in `Batch.communities`; here is which rows follow.
struct CommunityRows {
    /// As they were at their end.
    var deleted: [CommunityKey: Community] = [:]
    var communities: Set<CommunityKey> = []
    var roles: Set<RolePlace> = []
    var channels: [ChannelKey: CommunityKey] = [:]
    /// Channels whose overrides are written anew.
    var overrides: [ChannelKey: CommunityKey] = [:]
    var members: Set<MemberPlace> = []
    /// Local members who are new: what was said before they came counts as read.
    var joined: Set<MemberPlace> = []
    var bans: [MemberPlace: StoredBan] = [:]
    var endedBans: Set<MemberPlace> = []
    var timeOuts: Set<MemberPlace> = []
    var log: [LogRow] = []
    var invites: Set<ServerInviteID> = []
    var links: Set<String> = []
    var uses: Set<LinkUse> = []
    var reports: Set<ReportID> = []
    var markers: [MarkerPlace: Int64] = [:]
    var conversationEvents: [ConversationEventRow] = []
    var submissions: [ChannelSubmission] = []
    var endedSubmissions: Set<MessageID> = []
    /// Copied channels of which nothing that is here counts any more.
    var emptiedChannels: Set<ChannelKey> = []
    /// Copies of messages that were deleted when they came.
    var deletedCopies: [MessageID] = []
    var consents: Set<Consent> = []
    var endedConsents: Set<Consent> = []
    /// Homeservers of which events were lost: all copies of their communities miss something.
    var behindHosts: Set<PeerKey> = []

    var isEmpty: Bool {
        deleted.isEmpty && communities.isEmpty && roles.isEmpty && channels.isEmpty
            && overrides.isEmpty && timeOuts.isEmpty && members.isEmpty && joined.isEmpty && bans.isEmpty
            && endedBans.isEmpty
            && log.isEmpty && invites.isEmpty && links.isEmpty && uses.isEmpty && reports.isEmpty && markers.isEmpty
            && conversationEvents.isEmpty && submissions.isEmpty && endedSubmissions.isEmpty
            && emptiedChannels.isEmpty && deletedCopies.isEmpty && consents.isEmpty && endedConsents.isEmpty
            && behindHosts.isEmpty
    }
}
