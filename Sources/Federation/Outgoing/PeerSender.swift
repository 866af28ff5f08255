package import Home
import Logging
import NIOCore
import ServiceLifecycle
import Synchronization
import Wire

/// The outgoing half of the links: takes what the Writer commits for peers and runs a worker for each of them.
///
/// It exists before Home does, because Home is made with it as the outbox half of `Delivery`; what is offered before
/// `run` is read from the outbox then. State: the workers by peer, behind a `Mutex`; a worker that once ran stays, because
/// an idle one is a suspended task and a few hundred bytes.
package final class PeerSender: Sendable {
    private struct State {
        var make: (@Sendable (PeerKey, ServerName) -> PeerWorker)?
        var workers: [PeerKey: PeerWorker] = [:]
        var byName: [ServerName: PeerKey] = [:]
        var running = 0
        var isClosing = false
    }

    /// How long workers may take for the request that is under way when the process is asked to end.
    private static let grace = Duration.seconds(2)

    private let state = Mutex(State())
    private let starts: AsyncStream<PeerWorker>
    private let start: AsyncStream<PeerWorker>.Continuation
    private let ended = Signal()
    private let logger = Logger(label: "federation.sender")

    init() {
        (starts, start) = AsyncStream.makeStream()
    }

    // MARK: Delivery

    /// Hands freshly committed outbox rows to their peers' workers. Called by the Writer after COMMIT: it only appends.
    package func enqueue(_ events: [OutboxEvent]) {
        var first = events.startIndex
        while first < events.endIndex {
            let peer = events[first].peer
            let end = events[first...].firstIndex { $0.peer != peer } ?? events.endIndex
            worker(for: peer, events[first].server)?.offer(events[first..<end])
            first = end
        }
    }

    /// Hands what is true only now to the peers' ephemeral lanes. It only appends.
    package func announce(_ announcements: [PeerAnnouncement]) {
        for announcement in announcements {
            worker(for: announcement.peer, announcement.server)?.ephemeral.offer(announcement.item)
        }
    }

    /// A commit may have happened of which nobody was told: every worker looks into its outbox.
    package func recover() {
        for worker in state.withLock({ Array($0.workers.values) }) { worker.look() }
    }

    /// Rows of a peer's outbox have failed. Called by the Writer: it only sets a mark.
    package func reread(outboxOf peer: PeerKey) {
        state.withLock { $0.workers[peer] }?.reread()
    }

    // MARK: Contact

    /// A request of this peer was verified.
    func heard(from peer: PeerKey) {
        state.withLock { $0.workers[peer] }?.peerWasHeard()
    }

    /// The peer has just started, or says so.
    func started(_ peer: PeerKey) {
        state.withLock { $0.workers[peer] }?.ephemeral.peerStarted()
    }

    /// The peer says how far it has applied our lane.
    func check(_ received: LanePosition, of peer: PeerKey) async {
        await state.withLock { $0.workers[peer] }?.check(received)
    }

    /// The operator has said something of a peer: its worker begins with what the database has now, whatever its back-off.
    func changed(_ server: ServerName, home: Home) async {
        do throws(HomeError) {
            guard let peer = try await home.peer(named: server), !peer.isRemoved else { return }
            worker(for: peer.key, server)?.reload()
        } catch {
            logger.warning("a changed peer cannot be read", metadata: ["peer": "\(server)", "error": "\(error)"])
        }
    }

    // MARK: Running

    /// Greets every known peer, then sends until shutdown; `make` builds a peer's worker.
    func run(
        home: Home, time: any TimeSource, make: @escaping @Sendable (PeerKey, ServerName) -> PeerWorker
    ) async throws {
        state.withLock { $0.make = make }
        await withTaskCancellationOrGracefulShutdownHandler {
            await withDiscardingTaskGroup { group in
                group.addTask { await self.greetAll(home) }
                group.addTask { await self.watchDelays(home, time) }
                for await worker in self.starts {
                    group.addTask {
                        await worker.run()
                        self.workerEnded()
                    }
                }
                if self.state.withLock({ $0.running }) > 0 { await self.ended.wait(atMost: PeerSender.grace) }
                group.cancelAll()
            }
        } onCancelOrGracefulShutdown: {
            self.close()
        }
    }

    private func worker(for peer: PeerKey, _ server: ServerName) -> PeerWorker? {
        state.withLock { state in
            if let worker = state.workers[peer] { return worker }
            guard let make = state.make, !state.isClosing else { return nil }
            let worker = make(peer, server)
            state.workers[peer] = worker
            state.running += 1
            start.yield(worker)
            return worker
        }
    }

    private func workerEnded() {
        let isLast = state.withLock { state in
            state.running -= 1
            return state.running == 0
        }
        if isLast { ended.set() }
    }

    private func close() {
        let workers = state.withLock { state in
            state.isClosing = true
            return Array(state.workers.values)
        }
        start.finish()
        for worker in workers { worker.close() }
    }

    /// Starts a worker for each peer that has a lane, so many a second; those with something to send come first.
    private func greetAll(_ home: Home) async {
        let links = await links(of: home)
        for link in links.sorted(by: { $0.last - $0.acked > $1.last - $1.acked }) {
            guard let worker = worker(for: link.peer, link.server) else { return }
            await worker.adopt(link)
            do {
                try await Task.sleep(for: .seconds(1) / Limits.hellosPerSecond)
            } catch {
                return
            }
        }
    }

    private func links(of home: Home) async -> [OutboundLink] {
        while !Task.isCancelled {
            do throws(HomeError) {
                return try await home.linksToGreet()
            } catch {
                logger.warning("the links cannot be read yet", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: .seconds(1))
            }
        }
        return []
    }

    /// Tells authors that a peer is late: one look for each lane that is behind, every few seconds.
    private func watchDelays(_ home: Home, _ time: any TimeSource) async {
        while true {
            do { try await Task.sleep(for: Limits.delayedInterval) } catch { return }
            for worker in state.withLock({ Array($0.workers.values) }) where worker.isBehind {
                do throws(HomeError) {
                    try await home.markDelayed(
                        worker.peer, server: worker.server,
                        olderThan: time.now() - (worker.isSuspended ? .zero : Limits.delayedAfter))
                } catch {
                    logger.warning("late events could not be marked", metadata: ["error": "\(error)"])
                }
            }
        }
    }
}
