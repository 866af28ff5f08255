/// The limits of a link that only module Federation checks; docs/federation.md lists them.
extension Limits {
    // MARK: One request

    /// All header fields of one request together, and each of them.
    package static let federationHeaderBytes = 16_384
    package static let federationHeaderFields = 100
    /// How long the body of an admitted request may take to arrive.
    package static let federationBodyTime = Duration.seconds(30)
    /// A connection without a request, or a request without its body, is closed after this.
    package static let federationIdle = Duration.seconds(75)
    /// How long a connection whose request was refused before its body was read stays open, so that the answer arrives.
    package static let federationLinger = Duration.seconds(1)
    /// Connections of the federation listener at a time; further ones wait in the backlog.
    package static let federationConnections = 1024
    /// Bytes that `echo` takes and gives back.
    package static let echoBytes = 1024
    /// The epoch of a lane, as a path segment and in a body.
    package static let epochBytes = 64
    /// The token of an invitation in a hello.
    package static let inviteBytes = 64

    /// For how long a peer's proof of who it is holds for a new connection too, where something between the two keeps none open.
    package static let proofHolds = Duration.seconds(5)

    /// Key fetches from homeservers that nobody has vouched for, at a time.
    package static let strangerFetches = 32
    /// How long a look-up of a host's addresses may take.
    package static let lookUpTime = Duration.seconds(10)

    // MARK: Buckets

    /// Requests of one address (IPv6: of one /64) that may fail before their signature holds, at once and each second.
    package static let addressBurst = 100.0
    package static let addressRate = 10.0
    /// Requests of one verified peer, at once and each second.
    package static let peerBurst = 2000.0
    package static let peerRate = 1000.0
    /// Addresses or peers that a set of buckets remembers.
    package static let buckets = 10_000

    // MARK: Outgoing

    /// TCP and TLS of a new connection.
    package static let peerConnectTime = Duration.seconds(10)
    /// From the first byte of a request to the last one of its answer.
    package static let peerRequestTime = Duration.seconds(60)
    /// Silence within an answer.
    package static let peerReadTime = Duration.seconds(20)
    /// Idle connections to a peer are closed by us before the peer does it (`federationIdle`).
    package static let peerConnectionIdle = Duration.seconds(50)
    /// Bytes of events of one peer held in memory, besides their number (`peerEventsInMemory`).
    package static let peerBytesInMemory = 4 * 1_048_576
    /// Events that a peer has acknowledged and that our database does not know of yet; above it sending waits.
    package static let unrecordedEvents: Int64 = 1000
    /// Epochs that a lane may begin within `newEpochsTime` before it stands still: above it something else is wrong.
    package static let newEpochs = 3
    package static let newEpochsTime = Duration.seconds(3600)
    /// How often a single event is sent that is refused for its size, each time after a hello that was answered properly, before it fails.
    package static let tooLargeTries = 3
    /// `hello` to known peers at start.
    package static let hellosPerSecond = 20
    /// An event older than this that is not acknowledged makes its author see `delayed`.
    package static let delayedAfter = Duration.seconds(30)
    /// How often the sender looks for such events.
    package static let delayedInterval = Duration.seconds(5)
    /// The most that a `Retry-After` may ask for.
    package static let retryAfterMost = Duration.seconds(3600)
    /// The clock difference that a `stale` answer may make us add.
    package static let clockDifference = Duration.seconds(300)

    // MARK: The ephemeral lane

    /// Items of one request.
    package static let ephemeralItems = 500
    /// Items that wait for a peer; at more, a snapshot takes their place.
    package static let ephemeralWaiting = 10_000
    /// From one request with changes to the next: what changes meanwhile goes together.
    package static let ephemeralInterval = Duration.seconds(1)
    /// From one part of a snapshot to the next.
    package static let snapshotInterval = Duration.milliseconds(250)
    /// From the beginning of one snapshot to the next, however often the peer asks.
    package static let snapshotsApart = Duration.seconds(5)
    /// How often a lease is renewed when there is nothing else to say.
    package static let renewalInterval = Duration.seconds(60)
    /// From the first byte of a request of this lane to the last one of its answer.
    package static let ephemeralRequestTime = Duration.seconds(10)
    /// Claims of one page of rosters.
    package static let rosterClaims = 200
    /// How often rosters are compared with a peer's while nothing else calls for it.
    package static let rosterInterval = Duration.seconds(86_400)
    /// From one comparison that the peer asked for to the next.
    package static let rostersApart = Duration.seconds(10)
    /// How often a comparison that came before the lane is tried again, a second apart.
    package static let rosterRetries = 30
    /// How often a peer with which users here have nothing is looked at again.
    package static let nothingInCommonInterval = Duration.seconds(60)
    /// Requests of this lane from one peer, at once and each second; and of rosters.
    package static let ephemeralBurst = 50.0
    package static let ephemeralRate = 5.0
    package static let rosterBurst = 60.0
    package static let rosterRate = 0.2

    // MARK: Communities

    /// What stands in one `community.state` before it goes on in another.
    package static let statePartBytes = 40_960
    /// Messages that one user elsewhere may have numbered here at once, as after an absence of his homeserver, and from then on one each.
    package static let submissionBurst = 1000
    package static let submissionInterval = Duration.milliseconds(200)
    /// Users elsewhere of whom that is counted.
    package static let submissionAuthors = 100_000
    /// How long an acceptance of an invitation may be on its way.
    package static let acceptanceLife = Duration.seconds(30 * 86_400)
    /// From one time that a community's home is asked to tell everything anew to the next.
    package static let resyncInterval = Duration.seconds(60)
    /// From one time that a homeserver is told everything of a community because it seems to have lost it to the next.
    package static let retellInterval = Duration.seconds(10)
    /// From one time that a copy follows its home's database into another life to the next: everybody here who is in begins with a new `ready`.
    package static let newLifeInterval = Duration.seconds(120)
    /// Invitations of one homeserver by people of whom nobody here has heard, at once, and from then on one each.
    package static let newInviterBurst = 1000
    package static let newInviterInterval = Duration.seconds(10)
    /// How often copies are looked at that miss something.
    package static let copyUpkeepInterval = Duration.seconds(1)
    /// How often homeservers that host communities of our users are asked whether they are there.
    package static let knockInterval = Duration.seconds(30)
    /// Values in the JSON of what comes signed over a link, which may be a megabyte.
    package static let peerJSONNodes = 200_000
    /// Messages or other events of a channel that its community's home is asked for at a time: as many as fit into an answer, however long they are.
    package static let carriedHistory = 50
    /// How long what is asked of a community's home may take to arrive in the lane before the answer goes out without it.
    package static let laneWait = Duration.seconds(5)

    // MARK: Calls

    /// The body of one call: what a client may send, and around it who asks for what.
    package static let callBytes = Limits.httpBodyBytes + 2 * Limits.callTargetBytes
    /// Calls under way to one peer.
    package static let callsAtOnce = 4
    /// Calls to one peer that wait for their turn, and for how long.
    package static let callsWaiting = 256
    package static let callTurn = Duration.seconds(10)
    /// From the beginning of a call to the end of its answer.
    package static let callTime = Duration.seconds(10)
    /// How often connections are looked for over which no call goes any more.
    package static let callSweepInterval = Duration.seconds(10)
    /// Calls of one peer, at once and each second.
    package static let callBurst = 400.0
    package static let callRate = 50.0

    // MARK: Statuses of members

    /// Users of one question.
    package static let statusUsers = 100
    /// Questions under way to one peer, those that wait for their turn, and for how long.
    package static let statusesAtOnce = 4
    package static let statusesWaiting = 64
    package static let statusTurn = Duration.milliseconds(500)
    /// From the beginning of a question to the end of its answer: with the turn two seconds, which is what a list of members waits.
    package static let statusTime = Duration.milliseconds(1500)
    /// How long an answer is believed: whoever has just come is seen that much later.
    package static let statusLife = Duration.seconds(5)
    /// How long a homeserver that did not answer is not asked again.
    package static let statusSilence = Duration.seconds(30)
    /// Answers that are kept.
    package static let statusAnswers = 2_000
    /// Questions of one peer, at once and each second.
    package static let statusBurst = 200.0
    package static let statusRate = 50.0

    // MARK: Discovery

    /// Redirects of `/.well-known/home-server`.
    package static let wellKnownRedirects = 3
    package static let wellKnownTime = Duration.seconds(10)
    /// How long a delegation is believed: at least, at most, and when its answer does not say.
    package static let delegationLeast = Duration.seconds(300)
    package static let delegationMost = Duration.seconds(48 * 3600)
    package static let delegationDefault = Duration.seconds(24 * 3600)
    /// How long the absence of a delegation is believed.
    package static let noDelegation = Duration.seconds(300)
    /// Names whose delegation is remembered.
    package static let delegations = 10_000
    /// How long the addresses of a host are used before they are looked up and checked again.
    package static let addressLife = Duration.seconds(300)
    /// Addresses of one host that are looked at; a name with more is refused.
    package static let addressesPerHost = 32
}
