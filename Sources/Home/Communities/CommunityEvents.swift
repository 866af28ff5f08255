package import Wire

/// Whether somebody, or something, is a part of the community now.
package enum MembershipState: String, Sendable { case member, gone }

/// Why a membership or a community changed.
package enum CommunityReason: String, Sendable, CaseIterable {
    case joined, left, kicked, banned, deleted, updated, transferred, role
    case timedOut = "timed_out"
    /// Events of the community's home were lost: what was told may lack something, of members too.
    case resynced

    /// What can be said of a member.
    static let ofMembers: Set<CommunityReason> = [.joined, .left, .kicked, .banned, .role, .timedOut]
    /// Why a membership, or the community, is over.
    static let ofEnds: Set<CommunityReason> = [.left, .kicked, .banned, .deleted]
}

/// A community, or one's own membership, changed (`community-changed`).
package struct CommunityChange: Sendable {
    package let id: CommunityID
    package let version: Int64
    package let name: String
    package let description: String?
    package let owner: UserID
    /// `gone` takes the community away from whoever hears it.
    package let state: MembershipState
    package let reason: CommunityReason
    /// A role that was made or changed.
    package let role: Role?
    package let removedRole: RoleID?
    /// Whether the community's home is away, so that what is shown may be old; nil when nothing is said of it.
    package var isStale: Bool?
}

/// A channel came, changed or went (`channel-changed`), for whoever hears it.
package struct ChannelChange: Sendable {
    package let community: CommunityID
    package let version: Int64
    package let id: ConversationID
    /// Nil when it is gone.
    package let channel: ChannelDescription?
    package let lastSeq: Int64

    init(_ channel: Channel, in community: Community, lastSeq: Int64) {
        self.lastSeq = lastSeq
        self.community = community.id
        version = community.version
        id = channel.id
        self.channel = ChannelDescription(channel, in: community)
    }

    init(gone id: ConversationID, of community: Community) {
        lastSeq = 0
        self.community = community.id
        version = community.version
        self.id = id
        channel = nil
    }
}

/// A channel as the API shows it, without what differs from member to member.
package struct ChannelDescription: Sendable {
    package struct Override: Sendable {
        /// `everyone`, a role's id, or an address.
        package let target: String
        package let override: PermissionOverride
    }

    package let community: CommunityID
    package let channel: Channel
    package let overrides: [Override]

    init(_ channel: Channel, in community: Community) {
        self.community = community.id
        self.channel = channel
        overrides = channel.overrides.compactMap { target, override in
            switch target {
            case .everyone: Override(target: "everyone", override: override)
            case .role(let role): Override(target: role.description, override: override)
            case .member(let user):
                (community.members[user]?.id ?? community.namedElsewhere[user])
                    .map { Override(target: $0.text, override: override) }
            }
        }
        // Everyone's first, as it is applied first.
        .sorted { $0.target == "everyone" || ($1.target != "everyone" && $0.target < $1.target) }
    }
}

/// A member came, changed or went (`member-changed`).
package struct MemberChange: Sendable {
    package let community: CommunityID
    package let version: Int64
    package let member: Member
    package let state: MembershipState
    package let reason: CommunityReason?
}

/// An invitation as its two sides see it (`new-server-invite`, and the lists).
package struct ServerInvite: Sendable {
    package let id: ServerInviteID
    package let community: CommunityID
    package let name: String
    package let inviter: UserID
    package let invitee: UserID
    package let createdAt: Instant
    package let expiresAt: Instant
}

/// What became of an invitation, to the sessions of whom it is for (`server-invite-changed`).
package struct ServerInviteChange: Sendable {
    package let id: ServerInviteID
    package let community: CommunityID
    package let state: String
    /// A stable code, only with state `failed`.
    package let code: String?
}

/// A report was made or closed (`report-changed`), to those who handle them.
package struct ReportChange: Sendable {
    package let community: CommunityID
    package let id: ReportID
    package let isOpen: Bool
}
