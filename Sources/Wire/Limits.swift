/// Every limit of the protocols, with its unit in its name; read by whoever checks one and shown by `GET /limits`.
package enum Limits {
    /// The largest number that a peer may name: every JSON reader holds it exactly (RFC 8259 §6), and counting on from it does
    /// not overflow.
    package static let largestNumber: Int64 = (1 << 53) - 1

    // MARK: Names

    /// RFC 1035 §2.3.4, without the root's dot.
    package static let serverNameBytes = 253
    /// RFC 1035 §2.3.4.
    package static let serverNameLabelBytes = 63
    /// docs/client-api, Names.
    package static let localPartBytes = 32

    // MARK: JSON

    /// docs/federation, Inbound order of checks; the client's frames use the same.
    package static let jsonDepth = 16
    /// Values and keys of one document: bounds the memory that a small hostile body can claim.
    package static let jsonNodes = 20_000
    /// One number's digits; more than any number we use can need.
    package static let jsonNumberBytes = 64

    // MARK: Client

    /// Unicode code points of one message.
    package static let messageCodePoints = 4000
    /// UTF-8 bytes of one message.
    package static let messageBytes = 16_384
    /// One WebSocket message, after joining its fragments; above it the socket closes 1009.
    package static let frameBytes = 65_536
    /// Printable ASCII characters of a nonce, 1 at least.
    package static let nonceLength = 64
    /// Sessions that are begun at a time, each with a handful of queries; the others wait their turn.
    package static let openingsAtOnce = 32
    /// Sockets of one user at a time; one more closes 4014.
    package static let socketsPerUser = 10
    /// Undecodable frames in a row before 4002.
    package static let undecodableFrames = 20
    /// Frames that wait in one socket's queue before 4011.
    package static let queueFrames = 1024
    /// Bytes that wait in one socket's queue before 4011.
    package static let queueBytes = 1_048_576
    /// Frames that a stream keeps for `resume`.
    package static let resumeFrames = 1024
    /// How long a stream keeps them.
    package static let resumeWindow = Duration.seconds(300)
    /// All streams' frames together.
    package static let resumeBytesTotal = 64 * 1_048_576
    /// How often a client is asked to send `ping`.
    package static let heartbeat = Duration.seconds(30)
    /// Silence after which a socket closes 4009.
    package static let silence = Duration.seconds(75)
    /// How long the server waits for `resume` after `&resume=1`.
    package static let resumeWait = Duration.seconds(5)
    /// Life of a one-use WebSocket ticket.
    package static let ticketLife = Duration.seconds(60)
    /// One HTTP request's JSON body.
    package static let httpBodyBytes = 65_536
    /// Most entries of one page of a list.
    package static let pageEntries = 100

    // MARK: Presence

    /// How long after his last socket closed somebody is still shown as online, so that a resume shows nothing.
    package static let presenceGrace = Duration.seconds(20)
    /// How often the last time of those who are online is written, for a homeserver that crashes.
    package static let lastSeenInterval = Duration.seconds(600)
    /// How long what a peer said about its users is believed without hearing from it.
    package static let presenceLease = Duration.seconds(120)
    /// Users of one peer whose presence is kept; those beyond are not shown.
    package static let presenceEntries = 50_000
    /// People whom one user can block.
    package static let blocks = 1000

    // MARK: Communities

    /// Unicode code points of the name of a community, a channel or a role, 1 at least.
    package static let nameCodePoints = 64
    /// Unicode code points of a community's description or a channel's topic.
    package static let descriptionCodePoints = 1024
    /// Unicode code points of the reason that a moderator gives, or of a report.
    package static let reasonCodePoints = 512
    /// Communities that one person is in.
    package static let communities = 100
    /// Channels of one community.
    package static let channels = 200
    /// Roles of one community, everyone's included.
    package static let roles = 100
    /// Roles of one member.
    package static let rolesOfMember = 50
    /// Overrides of one channel.
    package static let overrides = 100
    /// Members of one community.
    package static let members = 100_000
    /// Whom one message mentions.
    package static let mentions = 50
    /// People of one community whose invitation is open.
    package static let openInvites = 1000
    /// Of these, those whom one member has invited who does not manage invitations.
    package static let openInvitesOfMember = 100
    /// Invitations that are open for one person.
    package static let openInvitesOfPerson = 100
    /// Invite links of one community that can be followed.
    package static let inviteLinks = 100
    /// Of these, those of one member who does not manage invitations.
    package static let inviteLinksOfMember = 20
    /// Bans of one community.
    package static let bans = 10_000
    /// Open reports of one community.
    package static let openReports = 1000
    /// Of these, those of one member.
    package static let openReportsOfMember = 20
    /// Entries of a community's log that are kept.
    package static let communityLog: Int64 = 10_000
    /// Code points of a description or a topic in the log.
    package static let loggedCodePoints = 100
    /// How long members wait between two messages in slow mode, at most.
    package static let slowMode = Duration.seconds(21_600)
    /// The longest time-out of a member.
    package static let timeOut = Duration.seconds(28 * 86_400)
    /// How far back a ban deletes what somebody wrote.
    package static let purge = Duration.seconds(7 * 86_400)
    /// Messages that one unit of a purge deletes.
    package static let purgeChunk = 100
    /// The shortest life of an invitation or an invite link.
    package static let inviteLifeAtLeast = Duration.seconds(60)
    /// The longest life of an invitation.
    package static let inviteLife = Duration.seconds(30 * 86_400)
    /// The life of an invitation for which nobody says one.
    package static let inviteLifeUsual = Duration.seconds(7 * 86_400)
    /// The longest life of an invite link that has one.
    package static let linkLife = Duration.seconds(365 * 86_400)
    /// The most uses of an invite link that has a limit.
    package static let linkUses: Int64 = 100_000
    /// As far as unread messages and mentions of a channel are counted.
    package static let unreadCounted = 1000
    /// Channels that `ready` lists.
    package static let readyChannels = 1000

    // MARK: Links

    /// Events of one transaction.
    package static let transactionEvents = 100
    /// The body of one transaction, and of any signed request.
    package static let transactionBytes = 1_048_576
    /// One event of a transaction.
    package static let eventBytes = 65_536
    /// The body of any answer of a peer except an attachment.
    package static let peerAnswerBytes = 1_048_576
    /// Events of one peer held in memory.
    package static let peerEventsInMemory = 256
    /// What a route answers to a request that was carried, so that the answer with what is around it is no larger than a peer takes.
    package static let carriedAnswerBytes = Limits.peerAnswerBytes - 1024
    /// Path and query of a request that is carried to another homeserver.
    package static let callTargetBytes = 8192
    /// The body of `/.well-known/home-server`.
    package static let wellKnownBytes = 16_384
}
