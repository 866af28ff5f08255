package import Postgres
import Synchronization
package import Wire

/// The domain of one homeserver: what the APIs call. Its use cases are its methods, each in a file of its feature's folder.
///
/// State: none of its own; PostgreSQL holds what must survive, the parts below say where their caches live.
package final class Home: Sendable {
    package let settings: HomeSettings
    package let time: any TimeSource
    package let ids: IDSource
    package let accountState: AccountState
    /// Who is shown as online; the sockets report to it.
    package let presence: PresenceBoard
    let delivery: any Delivery
    /// The way to ask another homeserver something for a user.
    let peerCalls: any PeerCalls
    /// Reads, and writes that number nothing.
    let database: PostgresClient
    let writer: Writer
    let directory: UserDirectory
    let friendStore: FriendStore
    let rosterStore: RosterStore
    let presenceStore: PresenceStore
    let messageStore: DirectMessageStore
    /// What users elsewhere have written to channels here.
    let submissions = Mutex(
        AttemptBuckets<UserKey>(
            burst: Limits.submissionBurst, interval: Limits.submissionInterval, keys: Limits.submissionAuthors))
    /// Who has invited people here and was new.
    let newInviters = Mutex(
        AttemptBuckets<PeerKey>(
            burst: Limits.newInviterBurst, interval: Limits.newInviterInterval, keys: Limits.buckets))
    /// Homeservers that do not answer.
    let hostsAway = HostsAway()
    /// What they say of who is online.
    let statusesElsewhere = StatusesElsewhere()
    /// The communities that are in memory.
    let board = CommunityBoard()
    let communityStore: CommunityStore
    let channelStore: ChannelStore
    let peerStore: PeerStore
    private let readiness: Readiness
    let claimed = Incarnation()
    let peerTurns = PeerTurns()
    let laneWaits = LaneWaits()
    /// Peers whose first transaction since an unclean stop is still to come.
    let carefulPeers = CarefulPeers()
    /// Hints to look at what waits for peers: one is enough for any number of reasons, so only the newest is kept.
    let outboxSweeps = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))

    package var server: ServerName { settings.server }

    /// Which life of the database is served: another one after it came from a backup, when numbers are given again that somebody has seen
    /// already. Empty before `claimDatabase`.
    package var incarnation: String { claimed.value }

    /// - Parameters:
    ///   - database: For reads, several connections.
    ///   - writerDatabase: One connection, made with `Home.writerOptions`.
    ///   - delivery: Where events go after COMMIT.
    ///   - peerCalls: How other homeservers are asked.
    package init(
        settings: HomeSettings, database: PostgresClient, writerDatabase: PostgresClient, delivery: any Delivery,
        peerCalls: any PeerCalls = NoPeerCalls(), time: any TimeSource = SystemTime(), ids: IDSource = IDSource()
    ) {
        self.settings = settings
        self.time = time
        self.ids = ids
        self.delivery = delivery
        self.peerCalls = peerCalls
        self.database = database
        accountState = AccountState(settings: settings, time: time)
        presence = PresenceBoard(time: time)
        writer = Writer(
            store: BatchStore(database: writerDatabase, board: board, ids: ids, incarnation: claimed),
            delivery: delivery, presence: presence,
            time: time)
        directory = UserDirectory(store: UserStore(database: database), server: settings.server)
        friendStore = FriendStore(database: database)
        rosterStore = RosterStore(database: database)
        presenceStore = PresenceStore(database: database)
        messageStore = DirectMessageStore(database: database)
        communityStore = CommunityStore(database: database)
        channelStore = ChannelStore(database: database)
        peerStore = PeerStore(database: database)
        readiness = Readiness(database: database, time: time)
    }

    /// Server settings of the Writer's connection: its joins over arrays are always index lookups, whatever the statistics say.
    package static let writerOptions: [String: String] = [
        "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "enable_material": "off",
        "jit": "off", "plan_cache_mode": "force_generic_plan",
    ]

    /// The key of the advisory lock that one serving process holds per database.
    package static let servingLock: Int64 = 0x486f_6d65_0001

    /// Whether requests can be served: the database answers within a second. The answer is at most a second old.
    package var isReady: Bool {
        get async { await readiness.isReady }
    }

    /// Writes that wait for the Writer's next batch.
    package var waitingWrites: Int { writer.waitingCount }

    /// Background upkeep: commands of the command line, what fails of the outboxes, purges,
    /// invitations whose time is over, and telling who comes and goes. Ends when its task is cancelled.
    ///
    /// - Parameter handlers: What other modules do on commands, beside `ControlCommands` or in place of them.
    package func run(handlers: [String: ControlHandler] = [:]) async {
        let handlers = ControlCommands.all.merging(handlers) { _, given in given }
        await withDiscardingTaskGroup { group in
            group.addTask { await self.runControl(handlers: handlers) }
            group.addTask { await self.runOutboxSweeps() }
            group.addTask { await self.runPurges() }
            group.addTask { await self.runPresence() }
            group.addTask { await self.runInvites() }
            group.addTask { await self.runCopyUpkeep() }
        }
    }

    /// Refuses new writes; what waits is still done. Called before the database is closed.
    package func close() {
        writer.close()
    }
}
