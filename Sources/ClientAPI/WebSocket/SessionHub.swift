package import Home
import NIOCore
import Synchronization
package import Wire

/// Where the streams and sockets of local users are; the composition root makes it and hands it to `Home` as a part of its
/// `Delivery`, and `ClientAPI` opens sessions in it.
///
/// State: maps from user to streams behind `Mutex`es, sharded by user; none is held while a stream's own lock is waited for
/// by a delivery. Bounds: `Limits.socketsPerUser` sockets a user, as many streams that wait for a resume (one more ends the
/// oldest), each for `Limits.resumeWindow`; all rings together `Limits.resumeBytesTotal`.
package final class SessionHub: Sendable {
    private struct UserSessions {
        var streams: [SessionStream] = []
        var sockets = 0
        var isEmpty: Bool { streams.isEmpty && sockets == 0 }
    }

    private struct LoopEntry {
        let loop: any EventLoop
        let sessions: NIOLoopBound<LoopSessions>
    }

    private final class Shard: Sendable {
        let users = Mutex<[UserKey: UserSessions]>([:])
    }

    /// Changes with every start of the process: a stream of another epoch cannot be resumed.
    package let epoch: String
    let time: any TimeSource
    private let ids: IDSource
    private let budget = RingBudget()
    private let shards = (0..<16).map { _ in Shard() }
    private let draining = Atomic<Bool>(false)
    private let openSockets = Atomic<Int>(0)
    private let tooSlow = Atomic<Int>(0)
    private let lastSocket = Atomic<UInt64>(0)
    private let loops = Mutex<[ObjectIdentifier: LoopEntry]>([:])

    package init(time: any TimeSource = SystemTime(), ids: IDSource = IDSource()) {
        self.time = time
        self.ids = ids
        let start: StreamID = ids.next()
        epoch = start.description
    }

    // MARK: Sockets

    /// How many WebSockets there are, signed in or not.
    package var socketCount: Int { openSockets.load(ordering: .relaxed) }

    /// How many streams there are, with a socket or waiting for one.
    package var streamCount: Int {
        shards.reduce(0) { sum, shard in
            sum + shard.users.withLock { users in users.values.reduce(0) { $0 + $1.streams.count } }
        }
    }

    /// Bytes that all streams together keep for `resume`.
    package var resumeBytes: Int { budget.used }

    /// How many sockets were closed because their clients did not read.
    package var slowConsumers: Int { tooSlow.load(ordering: .relaxed) }

    /// Whether the homeserver is stopping: new sockets are sent away.
    var isDraining: Bool { draining.load(ordering: .relaxed) }

    /// What a new socket is called in the log.
    func nextSocketNumber() -> UInt64 { lastSocket.wrappingAdd(1, ordering: .relaxed).newValue }

    func socketOpened() { openSockets.wrappingAdd(1, ordering: .relaxed) }
    func socketWasTooSlow() { tooSlow.wrappingAdd(1, ordering: .relaxed) }
    func socketClosed() { openSockets.wrappingSubtract(1, ordering: .relaxed) }

    /// Counts a socket of a user; false when he has enough.
    func admit(_ user: UserKey) -> Bool {
        shard(of: user).users.withLock { users in
            guard users[user, default: UserSessions()].sockets < Limits.socketsPerUser else { return false }
            users[user, default: UserSessions()].sockets += 1
            return true
        }
    }

    /// A counted socket is gone.
    func leave(_ user: UserKey) {
        shard(of: user).users.withLock { users in
            users[user]?.sockets -= 1
            if users[user]?.isEmpty == true { users[user] = nil }
        }
    }

    /// The sessions of the loop that the caller is on, and their timer.
    func sessions(on loop: any EventLoop, sweepInterval: Duration) -> LoopSessions {
        let entry = loops.withLock { loops in
            if let known = loops[ObjectIdentifier(loop)] { return known }
            let fresh = LoopSessions(loop: loop, hub: self, interval: sweepInterval)
            let entry = LoopEntry(loop: loop, sessions: NIOLoopBound(fresh, eventLoop: loop))
            loops[ObjectIdentifier(loop)] = entry
            return entry
        }
        return entry.sessions.value
    }

    /// Does something on every loop that has had a session.
    private func onEveryLoop(_ body: @escaping @Sendable (LoopSessions) -> Void) {
        for entry in loops.withLock({ Array($0.values) }) {
            entry.loop.execute { body(entry.sessions.value) }
        }
    }

    // MARK: Streams

    /// A new stream, which gathers events from now on and sends none before it is told to begin.
    func open(_ login: Login, socket: SocketHandle) -> SessionStream {
        let stream = SessionStream(id: ids.next(), login: login, socket: socket, budget: budget)
        shard(of: login.account.key).users.withLock { users in
            users[login.account.key, default: UserSessions()].streams.append(stream)
        }
        return stream
    }

    /// Gives an earlier stream of this login to a new socket, which then has everything after `s` in its queue.
    func resume(_ command: ResumeCommand, login: Login, socket: SocketHandle) -> Result<ResumedStream, ResumeRefusal> {
        guard command.epoch == epoch else { return .failure(ResumeRefusal(reason: .epoch)) }
        guard let stream = streams(of: login.account.key).first(where: { $0.id == command.stream }) else {
            return .failure(ResumeRefusal(reason: .unknownSession))
        }
        switch stream.resume(by: socket, of: login, after: command.s) {
        case .refused(let reason):
            return .failure(ResumeRefusal(reason: reason))
        case .resumed(let superseded, let hasMissed):
            superseded?.execute { $0.close(.unknown) }
            return .success(ResumedStream(stream: stream, hasMissed: hasMissed))
        }
    }

    /// A stream has lost its socket and waits for a resume; when too many of the user do, the oldest ends.
    func keep(_ stream: SessionStream) {
        let user = stream.login.account.key
        shard(of: user).users.withLock { users in
            let waiting = users[user]?.streams.filter { $0.detachedSince != nil } ?? []
            guard waiting.count > Limits.socketsPerUser else { return }
            let oldest = waiting.min { ($0.detachedSince ?? .zero) < ($1.detachedSince ?? .zero) }
            users[user]?.streams.removeAll { $0 === oldest }
            oldest?.end()
        }
    }

    /// Nobody can resume this stream any more.
    func remove(_ stream: SessionStream) {
        stream.end()
        let user = stream.login.account.key
        shard(of: user).users.withLock { users in
            users[user]?.streams.removeAll { $0 === stream }
            if users[user]?.isEmpty == true { users[user] = nil }
        }
    }

    private func shard(of user: UserKey) -> Shard { shards[Int(truncatingIfNeeded: user.value & 15)] }

    private func streams(of user: UserKey) -> [SessionStream] {
        shard(of: user).users.withLock { $0[user]?.streams ?? [] }
    }

    // MARK: Delivery

    /// Hands events to the streams of their recipients: each is encoded once, numbered by every stream in the order of
    /// this call, and each event loop is gone to once.
    package func deliver(_ events: [Event]) {
        var wakes = SocketWakes()
        for event in events {
            var body: [UInt8]?
            for user in event.recipients where user != event.leavingOut {
                for stream in streams(of: user) where stream.id != event.except {
                    let bytes = body ?? EventFrame.body(of: event.body)
                    body = bytes
                    wakes.add(stream.send(bytes))
                }
            }
        }
        wakes.carryOut()
    }

    /// Tells the streams of friends who has come or gone; slow sockets get the newest only, or nothing.
    package func deliver(_ statuses: [FriendStatus]) {
        var wakes = SocketWakes()
        for status in statuses {
            let frame = FriendStatusChangedFrame(user: status.user, presence: status.presence)
            var bytes: [UInt8]?
            for user in status.recipients {
                for stream in streams(of: user) {
                    let encoded = bytes ?? JSONWriter.bytes(of: frame)
                    bytes = encoded
                    wakes.add(stream.sendEphemeral(encoded, key: frame.key))
                }
            }
        }
        wakes.carryOut()
    }

    /// Ends the streams of these login sessions and closes their sockets with 4013. It looks at every user, because a
    /// revocation is rare and an index for it would cost every session.
    package func close(logins: [LoginID]) {
        let revoked = Set(logins)
        var ended: [SessionStream] = []
        for shard in shards {
            shard.users.withLock { users in
                for (user, sessions) in users where sessions.streams.contains(where: { revoked.contains($0.login.id) })
                {
                    ended += sessions.streams.filter { revoked.contains($0.login.id) }
                    users[user]?.streams.removeAll { revoked.contains($0.login.id) }
                    if users[user]?.isEmpty == true { users[user] = nil }
                }
            }
        }
        for stream in ended {
            stream.end()?.execute { $0.close(.revoked) }
        }
    }

    /// Something was committed and nobody was told: every stream is broken off, and each open socket gets `resync` and a fresh
    /// `ready` on a new one.
    package func recover() {
        for shard in shards {
            for stream in shard.users.withLock({ $0.values.flatMap(\.streams) }) { stream.breakOff() }
        }
        onEveryLoop { $0.recover() }
    }

    /// The same for the streams of some users.
    package func resync(_ users: Set<UserKey>) {
        for user in users {
            for stream in streams(of: user) { stream.breakOff() }
        }
        onEveryLoop { $0.recover() }
    }

    // MARK: The end

    /// Tells every socket to connect again (4010), spread over `time` so that the clients do not all come back at once, and
    /// waits until they have gone, a second longer at most. From now on new sockets are sent away.
    func drain(over time: Duration) async {
        draining.store(true, ordering: .relaxed)
        let steps = 10
        for step in 0..<steps {
            let share = steps - step
            onEveryLoop { $0.closeSome(share: share) }
            guard await pause(time / steps) else { break }
        }
        let deadline = ContinuousClock.now + .seconds(1)
        while socketCount > 0, ContinuousClock.now < deadline, await pause(.milliseconds(10)) {}
        onEveryLoop { $0.stop() }
    }

    /// False when there is nothing left to wait for.
    private func pause(_ time: Duration) async -> Bool {
        guard socketCount > 0 else { return false }
        return (try? await Task.sleep(for: time)) != nil
    }
}

/// A stream that a socket goes on with.
struct ResumedStream {
    let stream: SessionStream
    /// The presence of friends has to be said again.
    let hasMissed: Bool
}

/// Why a stream cannot be resumed.
struct ResumeRefusal: Error {
    let reason: ResyncFrame.Reason
}
