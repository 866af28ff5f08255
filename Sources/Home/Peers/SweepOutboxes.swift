import Logging
import Wire

extension Home {
    private static let sweepInterval = Duration.seconds(5)
    private static let logger = Logger(label: "home.outbox")

    /// Looks soon whether something that waits for a peer is to fail: an operator has said so.
    package func sweepOutboxesSoon() {
        outboxSweeps.continuation.yield()
    }

    /// Fails what is over a quota or what an operator does not want sent, every few seconds, until cancelled.
    func runOutboxSweeps() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [outboxSweeps] in
                while (try? await Task.sleep(for: Self.sweepInterval)) != nil { outboxSweeps.continuation.yield() }
            }
            for await _ in outboxSweeps.stream {
                guard !Task.isCancelled else { break }
                do throws(HomeError) {
                    try await sweepOutboxes()
                } catch {
                    Self.logger.warning(
                        "what waits for peers cannot be looked through", metadata: ["error": "\(error)"])
                }
            }
            group.cancelAll()
        }
    }

    /// One look at everything that waits.
    package func sweepOutboxes() async throws(HomeError) {
        for lane in try await peerStore.waitingLanes() {
            switch LaneVerdict(of: lane, quota: settings.outboxQuota, now: time.now()) {
            case .keep: continue
            case .fail(let through, let code): try await fail(lane, through: through, code)
            case .failBytes(let bytes):
                try await fail(lane, through: try await peerStore.lastBehind(bytes, of: lane), .expired)
            case .failOlder(let instant):
                try await fail(lane, through: try await peerStore.lastOlder(than: instant, of: lane), .expired)
            }
        }
    }

    private func fail(_ lane: WaitingLane, through seq: Int64?, _ code: OutboxFailure) async throws(HomeError) {
        guard let seq else { return }
        let count = try await failOutbox(of: lane.peer, server: lane.server, through: seq, code: code)
        guard count > 0 else { return }
        Self.logger.warning(
            "events for a peer have failed and their authors are told",
            metadata: ["peer": "\(lane.server)", "code": "\(code.rawValue)", "events": "\(count)"])
    }
}
