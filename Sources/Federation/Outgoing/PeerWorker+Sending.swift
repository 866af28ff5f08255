import Home
import Logging
import Synchronization
import Wire

/// One request of the lane: what is read for it, what its answer moves, and what is made of one that is too large.
extension PeerWorker {
    func load(after: Int64, limit: Int, _ generation: Int) async throws(PeerFailure) {
        let rows: [OutboxEvent]
        do throws(HomeError) {
            rows = try await home.outbox(of: peer, server: server, after: after, limit: limit)
        } catch {
            throw .ours("the outbox cannot be read")
        }
        try await move { lane throws(OutboundLane.Alarm) in try lane.loaded(rows, in: generation) }
    }

    func send(_ batch: TransactionBatch, _ epoch: String) async throws(PeerFailure) {
        do throws(PeerFailure) {
            let path = FederationRoute.transactionPath(epoch: epoch, firstSeq: batch.first)
            let answer = try TransactionAnswer(
                body: try await client.send("PUT", path, body: batch.body, isSecret: true).body)
            guard answer.epoch == epoch else { throw PeerFailure.malformed("another epoch") }
            guard answer.ack >= batch.first else { throw PeerFailure.malformed("an ack that moves nothing") }
            await succeeded()
            detours = 0
            tooLarge = 0
            counts.answered(
                acknowledged: min(answer.ack, batch.last) - batch.first + 1, rejected: answer.rejected)
            guard answer.ack <= max(batch.last, greetedThrough) else {
                // It has more than we knew. Whether that is ours, a greeting finds out; nothing is acknowledged before.
                try await move { lane throws(OutboundLane.Alarm) in try lane.check(received: answer.ack) }
                isGreeted = false
                return
            }
            let ack = min(answer.ack, batch.last)
            try await move { lane throws(OutboundLane.Alarm) in
                try lane.acknowledge(ack, rejected: answer.rejected)
            }
            acknowledged.set()
        } catch .notGreeted {
            isGreeted = false
        } catch .refused(.fork) {
            try await beginAnew(.fork)
        } catch .refused(.gap(let expected)) {
            try detour(.gap(expected: expected))
            logger.warning("the peer asks for events again", metadata: ["expected": "\(expected)"])
            try await rewind(toExpect: expected)
        } catch .refused(.epochUnknown(let last)) {
            try detour(.epochUnknown(last: last))
            isGreeted = false
        } catch  where error.isTooLarge {
            try await makeSmaller(batch)
        }
    }

    /// Fewer events in a request; a single one that is too large fails, so that what is behind it arrives.
    ///
    /// Not at once: whoever refuses it has proved nothing. Between the tries the peer must answer a hello.
    private func makeSmaller(_ batch: TransactionBatch) async throws(PeerFailure) {
        let (isSmaller, isRecorded) = shared.withLock { ($0.lane.halve(batch), $0.lane.unrecorded() == nil) }
        guard !isSmaller else { return }
        tooLarge += 1
        isGreeted = false
        guard tooLarge >= Limits.tooLargeTries, isRecorded else { throw .refused(.tooLarge) }
        tooLarge = 0
        do throws(HomeError) {
            try await home.failOutbox(of: peer, server: server, through: batch.last, code: .tooLarge)
        } catch {
            throw .ours("an event that is too large could not be failed")
        }
        logger.error("an event was too large for the peer and has failed", metadata: ["seq": "\(batch.last)"])
    }

    /// Lets the lane correct itself once; a second time without progress is a failure like any other.
    private func detour(_ error: FederationError) throws(PeerFailure) {
        detours += 1
        guard detours < 2 else { throw .refused(error) }
    }

    func move(_ change: (inout OutboundLane) throws(OutboundLane.Alarm) -> Void) async throws(PeerFailure) {
        do throws(OutboundLane.Alarm) {
            try shared.withLock { shared throws(OutboundLane.Alarm) in try change(&shared.lane) }
        } catch {
            try await beginAnew(error)
        }
    }
}
