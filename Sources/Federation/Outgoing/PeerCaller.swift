package import Home
import Logging
import ServiceLifecycle
import Synchronization
package import Wire

/// Carries requests of users to the homeservers that host their communities, and asks who of these homeservers' users is online; Home's
/// `PeerCalls`.
///
/// It exists before Home does, as `PeerSender`; until `open` nobody is reached. Of each peer it keeps a few connections of their own, so that
/// no call waits for a lane and a back-off of the durable lane stops none. State: the clients that are idle, and whose turn it is, behind a
/// `Mutex`; a peer to which no call goes is forgotten.
package final class PeerCaller: PeerCalls, Service {
    private enum Errand {
        case call
        case statuses

        var path: String { self == .call ? FederationRoute.callsPath : FederationRoute.statusesPath }
        /// How long it may wait until it is under way, and how long it may be so.
        var turn: Duration { self == .call ? Limits.callTurn : Limits.statusTurn }
        var time: Duration { self == .call ? Limits.callTime : Limits.statusTime }
    }

    private struct Way {
        let calls = CallTurns()
        /// Apart, so that no list of members holds up what somebody does.
        let statuses = CallTurns(atOnce: Limits.statusesAtOnce, waiting: Limits.statusesWaiting)
        /// The one that was used last is the last.
        var idle: [(client: PeerClient, since: Duration)] = []

        var isIdle: Bool { calls.isIdle && statuses.isIdle }

        func turns(for errand: Errand) -> CallTurns { errand == .call ? calls : statuses }
    }

    private struct Means {
        let peers: KnownPeers
        let client: @Sendable (ServerName) -> PeerClient
    }

    private struct State {
        var means: Means?
        var ways: [ServerName: Way] = [:]
        var isClosed = false
    }

    private let state = Mutex(State())
    private let sender: PeerSender
    private let time: any TimeSource
    private let logger = Logger(label: "federation.caller")
    private let outcomes = CountersByValue("federation_calls", by: "outcome")

    init(sender: PeerSender, time: any TimeSource) {
        self.sender = sender
        self.time = time
    }

    /// - Parameter client: Makes one with a connection of its own.
    func open(peers: KnownPeers, client: @escaping @Sendable (ServerName) -> PeerClient) {
        state.withLock { $0.means = Means(peers: peers, client: client) }
    }

    package func call(_ server: ServerName, _ call: CarriedCall) async throws(HomeError) -> CarriedAnswer {
        do throws(PeerFailure) {
            let body = try await send(.call, JSONWriter.bytes(of: call), to: server)
            let answer = try CarriedAnswer(answer: body)
            outcomes.increment("answered")
            return answer
        } catch .refused(.rateLimited(let delay)) {
            outcomes.increment("rate_limited")
            throw .rateLimited(retryAfter: delay)
        } catch .blocked {
            outcomes.increment("blocked")
            throw .blocked
        } catch {
            outcomes.increment("unreachable")
            logger.debug(
                "a request could not be carried to a peer",
                metadata: ["peer": "\(server)", "reason": "\(error.reason)"])
            throw .remoteUnreachable(server)
        }
    }

    package func online(_ server: ServerName, _ question: StatusQuestion) async throws(HomeError) -> Set<UserID> {
        do throws(PeerFailure) {
            let body = try await send(.statuses, JSONWriter.bytes(of: question), to: server)
            return Set(try StatusAnswer(answer: body).online)
        } catch .refused(.rateLimited(let delay)) {
            throw .rateLimited(retryAfter: delay)
        } catch .ours(let reason) {
            throw .unavailable(reason)
        } catch {
            logger.debug(
                "a peer does not say who is online", metadata: ["peer": "\(server)", "reason": "\(error.reason)"])
            throw .remoteUnreachable(server)
        }
    }

    /// Closes connections over which no call goes any more, until shutdown; then all of them.
    package func run() async throws {
        await cancelWhenGracefulShutdown { [self] in
            while (try? await Task.sleep(for: Limits.callSweepInterval)) != nil { await sweep() }
        }
        let ways = state.withLock { state in
            state.isClosed = true
            defer { state.ways = [:] }
            return state.ways
        }
        for client in ways.values.flatMap(\.idle) { await client.client.close() }
    }

    // MARK: One question

    /// The body of the answer.
    private func send(
        _ errand: Errand, _ body: [UInt8], to server: ServerName
    ) async throws(PeerFailure) -> [UInt8] {
        guard let means = state.withLock({ $0.means }) else { throw .ours("the links are not open yet") }
        _ = try await means.peers.admitAsReceiver(server)
        let turns = turns(to: server, for: errand)
        guard await turns.enter(within: errand.turn) else { throw .ours("too much is asked of the peer already") }
        defer { turns.leave() }
        let client = takeClient(to: server, means)
        let result = await within(errand.time) { await PeerCaller.result(of: errand, body, by: client) }
        switch result ?? .failure(.timeout) {
        case .success(let answer):
            await keep(client, of: server)
            await note(server, means)
            return answer
        case .failure(let failure):
            // Whoever refuses in the protocol's own words is there.
            switch failure {
            case .refused, .blocked: await keep(client, of: server)
            default: await client.close()
            }
            throw failure
        }
    }

    /// What a user asks, and after whom, is for the peer alone: over a new connection it proves first who it is.
    private static func result(
        of errand: Errand, _ body: [UInt8], by client: PeerClient
    ) async -> Result<[UInt8], PeerFailure> {
        @Sendable func send(_ path: String, _ body: [UInt8], isSecret: Bool) async throws(PeerFailure) -> [UInt8] {
            try await client.send("POST", path, body: body, within: errand.time, isSecret: isSecret).body
        }
        do throws(PeerFailure) {
            do throws(PeerFailure) {
                return .success(try await send(errand.path, body, isSecret: true))
            } catch .notGreeted {
                _ = try await send(
                    FederationRoute.echoPath, JSONWriter.bytes(of: Echo(text: "who is there")), isSecret: false)
                return .success(try await send(errand.path, body, isSecret: true))
            }
        } catch {
            return .failure(error)
        }
    }

    /// The peer has answered, so nothing that waits for it need wait any longer.
    private func note(_ server: ServerName, _ means: Means) async {
        do throws(FederationError) {
            sender.heard(from: try await means.peers.met(server).key)
        } catch {
            // The lane finds out by itself.
        }
    }

    // MARK: Connections

    private func turns(to server: ServerName, for errand: Errand) -> CallTurns {
        state.withLock { $0.ways[server, default: Way()].turns(for: errand) }
    }

    private func takeClient(to server: ServerName, _ means: Means) -> PeerClient {
        state.withLock { $0.ways[server]?.idle.popLast()?.client } ?? means.client(server)
    }

    private func keep(_ client: PeerClient, of server: ServerName) async {
        let now = time.monotonic()
        let isKept = state.withLock { state in
            guard !state.isClosed else { return false }
            state.ways[server, default: Way()].idle.append((client, now))
            return true
        }
        if !isKept { await client.close() }
    }

    private func sweep() async {
        let now = time.monotonic()
        let idle = state.withLock { state in
            var closed: [PeerClient] = []
            for (server, way) in state.ways {
                let kept = way.idle.filter { now - $0.since < Limits.peerConnectionIdle }
                closed += way.idle.filter { now - $0.since >= Limits.peerConnectionIdle }.map(\.client)
                state.ways[server]?.idle = kept
                // Whoever has been given the turns of a peer and has not entered yet goes by himself, which harms nobody.
                if kept.isEmpty, way.isIdle { state.ways[server] = nil }
            }
            return closed
        }
        for client in idle { await client.close() }
    }
}
