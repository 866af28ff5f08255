import Wire

/// The working copy of what one batch has read, and what it will write; lives on the Writer's task for one transaction.
struct Batch {
    let now: Instant
    /// True when an earlier try of the same units may have committed: a unit that finds its own effect answers as it would have then.
    let mayHaveRun: Bool

    /// For ids of events that are made in the batch.
    let ids: IDSource
    /// Which life of the database this is.
    let incarnation: String

    // What was read, kept in step with what was staged.
    var rosters: [RosterPair: RosterEntry] = [:]
    var conversations: [Int64: ConversationCounters] = [:]
    var messagesByNonce: [NonceKey: StoredMessage] = [:]
    var messagesByID: [MessageID: StoredMessage] = [:]
    var requests: [FriendRequestID: StoredFriendRequest] = [:]
    /// What others had written behind each place before this batch.
    var unread: [ReadPlace: Int64] = [:]
    var outbound: [PeerKey: OutboundCounters] = [:]
    var inbound: [PeerKey: InboundPosition] = [:]
    var acknowledged: [PeerKey: [QueuedEvent]] = [:]
    var overdue: [PeerKey: [QueuedEvent]] = [:]
    var spareConversations: [Int64] = []
    /// What users show of themselves.
    var shown: [UserKey: StoredPresence] = [:]

    // Of communities.
    var communities: [CommunityKey: Community] = [:]
    /// Channels that a peer has named, and of which community they are: nil is none that there is.
    var namedChannels: [ConversationID: NamedChannel] = [:]
    /// What local authors have written to channels elsewhere and has no number yet.
    var submissions: [MessageID: ChannelSubmission] = [:]
    var submissionsByNonce: [NonceKey: MessageID] = [:]
    var consents: Set<Consent> = []
    /// Why somebody is a member no longer, or his membership changed.
    var memberReasons: [MemberPlace: CommunityReason] = [:]
    var spareCommunities: [CommunityKey] = []
    var channelUnread: [ChannelPlace: ChannelUnread] = [:]
    var lastMessages: [MarkerPlace: Instant] = [:]
    /// Changes that were committed before.
    var logged: Set<EventID> = []
    var invites: [ServerInviteID: StoredInvite] = [:]
    var openInvites: [MemberPlace: ServerInviteID] = [:]
    var links: [String: StoredLink] = [:]
    var reports: [ReportID: StoredReport] = [:]
    var counts: [MemberPlace: CommunityCounts] = [:]
    var invitesTo: [UserKey: Int] = [:]
    var memberships: [UserKey: Int] = [:]

    // What will be written.
    var newMessages: [StoredMessage] = []
    var newOutbox: [OutboxRow] = []
    /// Rows of the outbox that failed before they were taken.
    var failedOutbox: [(peer: PeerKey, seq: Int64)] = []
    var newDeadLetters: [DeadLetter] = []
    var newConversations: [Int64] = []
    var touchedConversations: Set<Int64> = []
    var touchedRosters: Set<RosterPair> = []
    var touchedRequests: Set<FriendRequestID> = []
    var touchedOutbound: Set<PeerKey> = []
    var touchedInbound: Set<PeerKey> = []
    var touchedShown: Set<UserKey> = []
    var rows = CommunityRows()

    /// What other homeservers may have only once in a while.
    var pauses = CommunityPauses()
    /// Whose sockets know numbers that are given again: they begin with a new `ready`.
    var mustResync: Set<UserKey> = []

    // What is told after COMMIT, in order.
    var events: [Event] = []
    var outboxEvents: [OutboxEvent] = []
    var presenceNews: [PresenceBoard.News] = []

    init(now: Instant, mayHaveRun: Bool, ids: IDSource, incarnation: String) {
        self.now = now
        self.mayHaveRun = mayHaveRun
        self.ids = ids
        self.incarnation = incarnation
    }

    mutating func tell(_ event: Event) {
        events.append(event)
    }
}

// MARK: - Numbering

extension Batch {
    /// Gives the message the next numbers of its conversation and stages it.
    mutating func append(_ draft: MessageDraft, to conversation: Int64) -> StoredMessage {
        guard var counters = conversations[conversation] else {
            preconditionFailure("a message is appended only to a conversation that the batch has locked or made")
        }
        counters.lastSeq += 1
        counters.lastN += 1
        conversations[conversation] = counters
        touchedConversations.insert(conversation)
        let message = StoredMessage(
            draft: draft, conversation: conversation, conversationID: counters.id, seq: counters.lastSeq,
            n: counters.lastN)
        newMessages.append(message)
        messagesByID[draft.id] = message
        if let key = message.nonceKey { messagesByNonce[key] = message }
        return message
    }

    /// Makes a conversation for two users who have none yet.
    mutating func makeConversation(id: ConversationID) -> Int64 {
        guard let key = spareConversations.popLast() else {
            preconditionFailure("a unit that may make a conversation declares it")
        }
        conversations[key] = ConversationCounters(id: id, lastSeq: 0, lastN: 0)
        newConversations.append(key)
        return key
    }

    /// The number that the next event for this peer will get.
    func nextOutboxSeq(for peer: PeerKey) -> Int64 {
        (outbound[peer]?.last ?? 0) + 1
    }

    /// Whether the operator has blocked the peer: then nothing is queued for it.
    func isBlocked(_ peer: RemotePeer) -> Bool {
        outbound[peer.key]?.policy == .blocked
    }

    /// Whether the operator wants no new friendships with the peer.
    func isLimited(_ peer: RemotePeer) -> Bool {
        outbound[peer.key]?.policy == .limited
    }

    /// Numbers an event for a peer and stages its outbox row.
    mutating func enqueue(_ event: OutgoingEvent, to peer: RemotePeer) {
        guard var counters = outbound[peer.key] else {
            preconditionFailure("a unit declares the peers for which it numbers events")
        }
        counters.last += 1
        let json = event.json(seq: counters.last)
        counters.waitingEvents += 1
        counters.waitingBytes += Int64(json.count)
        outbound[peer.key] = counters
        touchedOutbound.insert(peer.key)
        newOutbox.append(
            OutboxRow(
                peer: peer.key, seq: counters.last, event: event.id, type: event.type, sender: event.sender.key,
                receiver: event.receiver?.key, json: json, createdAt: now))
        outboxEvents.append(
            OutboxEvent(peer: peer.key, server: peer.name, seq: counters.last, json: json, createdAt: now))
    }

    mutating func setRoster(_ pair: RosterPair, _ change: (inout RosterEntry) -> Void) {
        var entry =
            rosters[pair] ?? RosterEntry(state: .none, request: nil, crossed: nil, conversation: nil, since: now)
        let before = entry.state
        change(&entry)
        if entry.state != before { entry.since = now }
        rosters[pair] = entry
        touchedRosters.insert(pair)
    }

    mutating func setRequest(_ request: StoredFriendRequest) {
        requests[request.id] = request
        touchedRequests.insert(request.id)
    }
}
