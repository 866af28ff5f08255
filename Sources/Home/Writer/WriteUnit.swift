import Wire

/// One thing that the Writer does whole or not at all: a command of a user, or one event of a link.
///
/// A unit is decided in Swift over rows that the batch has locked and read, and staged as rows to be written; so what one unit of a
/// batch did is seen by the next one. `apply` throws before it stages anything. It may run again (another try after a lost
/// connection, a smaller batch after a rejected one): whatever makes it unique, ids above all, is minted before it is handed over.
protocol WriteUnit: Sendable {
    associatedtype Answer: Sendable

    /// Names the rows that `apply` will look at.
    func declare(_ needs: inout BatchNeeds)
    /// Decides, and stages rows and events.
    func apply(to batch: inout Batch) throws(HomeError) -> Answer
    /// What takes the unit's place when PostgreSQL rejects it even on its own; nil answers the caller `internal`.
    var replacement: Self? { get }
}

extension WriteUnit {
    var replacement: Self? { nil }
}

/// The rows that the units of a batch have asked for; each list becomes at most one statement.
struct BatchNeeds {
    /// True when an earlier try of these units may have committed.
    let mayHaveRun: Bool
    /// Pairs whose conversation gets a number: the conversation's row is locked.
    var conversations: Set<RosterPair> = []
    /// Pairs whose roster entry may change.
    var rosters: Set<RosterPair> = []
    var nonces: [NonceKey] = []
    var messages: Set<MessageID> = []
    var requests: Set<FriendRequestID> = []
    /// Places behind which what others wrote is counted.
    var unread: Set<ReadPlace> = []
    var outbound: Set<PeerKey> = []
    var inbound: Set<PeerKey> = []
    /// Outbox rows that an acknowledgement covers, from what was acknowledged before through this `seq`.
    var acknowledged: [PeerKey: Int64] = [:]
    /// Outbox rows through this `seq` that are late and whose authors do not know it yet.
    var overdue: [PeerKey: Int64] = [:]
    /// Accounts whose users change what they show.
    var shown: Set<UserKey> = []
    /// How many conversations may have to be made.
    var newConversations = 0

    /// Communities that are decided over; those that are not in memory are loaded.
    var communities: Set<CommunityKey> = []
    /// Communities that a peer names; those that there are become `communities`.
    var namedCommunities: Set<CommunityID> = []
    /// Of these all open invitations, or all channels' numbers, are wanted besides.
    var invitesOfNamed: Set<CommunityID> = []
    var channelsOfNamed: Set<CommunityID> = []
    /// Communities of other homeservers into which somebody may have asked to come.
    var consents: Set<CommunityID> = []
    /// Channels that a peer names.
    var namedChannels: Set<ConversationID> = []
    /// Messages that may have been written here to a channel elsewhere.
    var submissions: Set<MessageID> = []
    var submissionNonces: [NonceKey] = []
    /// How many communities may have to be made.
    var newCommunities = 0
    /// Channels that give a number: the conversation's row is locked.
    var channels: Set<ChannelKey> = []
    /// Communities whose members may come to see channels that they did not: all channels' numbers are read.
    var channelsOf: Set<CommunityKey> = []
    /// Places behind which what others wrote in a channel is counted.
    var channelPlaces: Set<ChannelPlace> = []
    /// Authors in channels of whom the time of their last message is wanted.
    var lastMessages: Set<MarkerPlace> = []
    /// Changes of communities that an earlier try may have committed.
    var logged: Set<EventID> = []
    var invites: Set<ServerInviteID> = []
    /// Pairs of a community and a person whose open invitation is wanted.
    var openInvites: Set<MemberPlace> = []
    /// Communities all of whose open invitations are wanted.
    var invitesOf: Set<CommunityKey> = []
    var links: Set<String> = []
    var reports: Set<ReportID> = []
    /// Communities whose open invitations, links and reports are counted, each with the member who adds one.
    var counts: Set<MemberPlace> = []
    /// Users of whom it is counted how many invitations wait for them.
    var invitesTo: Set<UserKey> = []
    /// Users of whom it is counted in how many communities they are.
    var memberships: Set<UserKey> = []

    init(mayHaveRun: Bool) { self.mayHaveRun = mayHaveRun }
}

/// One side of what two users have with each other: `owner` is local.
struct RosterPair: Hashable, Comparable {
    let owner: UserKey
    let other: UserKey

    static func < (a: RosterPair, b: RosterPair) -> Bool { (a.owner, a.other) < (b.owner, b.other) }
}

/// A place in the conversation of a pair, up to which its owner has read.
struct ReadPlace: Hashable {
    let pair: RosterPair
    let seq: Int64
}

/// What a nonce is unique for: an author in a conversation. Two users have one conversation for ever, so they stand for it.
struct NonceKey: Hashable {
    enum Place: Hashable {
        case direct(UserKey)
        case channel(ChannelKey)
    }

    let author: UserKey
    let place: Place
    let nonce: String
}
