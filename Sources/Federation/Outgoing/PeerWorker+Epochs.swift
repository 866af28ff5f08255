import Home
import Logging
import Metrics
import Synchronization
import Wire

/// How the lane begins: the hello that finds out where both sides stand, and the new epoch after one of them was rolled back.
extension PeerWorker {
    func greet(_ epoch: String, invite: String?) async throws(PeerFailure) {
        let received: LanePosition?
        let heldFrom: Int64?
        do throws(HomeError) {
            heldFrom = try await home.outboxHeldFrom(of: peer)
            let position = try await home.inboundPosition(of: peer)
            received = position.epoch.map {
                LanePosition(epoch: $0, last: position.last, lastEvent: position.lastEvent)
            }
        } catch {
            throw .ours("the lane from the peer cannot be read")
        }
        let first = shared.withLock { ($0.lane.confirmed ?? 0) + 1 }
        let hello = Hello(epoch: epoch, firstSeq: first, heldFrom: heldFrom, received: received, invite: invite)
        let body = JSONWriter.bytes(of: hello)
        let answer = try LanePosition(answer: try await client.send("POST", FederationRoute.helloPath, body: body).body)
        guard answer.epoch == epoch else { throw .malformed("another epoch") }
        confirmedAtGreeting = min(first - 1, answer.last)
        greetedThrough = answer.last
        await succeeded()
        if invite != nil { await forgetInvite() }
        if try await isOfAnotherPast(answer) {
            try await beginAnew(.fork)
        } else if answer.last < first - 1 {
            logger.warning(
                "the peer has lost events that it had acknowledged: they are sent again",
                metadata: ["expected": "\(answer.last + 1)", "acknowledged": "\(first - 1)"])
            try await rewind(toExpect: answer.last + 1)
        } else {
            try await move { lane throws(OutboundLane.Alarm) in try lane.check(received: answer.last) }
        }
        // Only now, and only if the lane goes on as it was: what a failure leaves unknown is asked again.
        isGreeted = self.epoch == epoch && !isStopped
    }

    func rewind(toExpect seq: Int64) async throws(PeerFailure) {
        do throws(HomeError) {
            try await home.noteRewind(of: peer, to: seq - 1)
        } catch {
            throw .ours("that the lane goes back cannot be noted")
        }
        try await move { lane throws(OutboundLane.Alarm) in try lane.rewind(toExpect: seq) }
    }

    /// Whether the peer has another event under the number that it applied last: it heard that one before our database was rolled back.
    ///
    /// Seen here, nothing is lost: a later `fork` would come only when our numbers reach that one, and what had smaller ones would have been
    /// taken for applied.
    private func isOfAnotherPast(_ answer: LanePosition) async throws(PeerFailure) -> Bool {
        guard let theirs = answer.lastEvent else { return false }
        do throws(HomeError) {
            guard let ours = try await home.outboxEvent(of: peer, seq: answer.last) else { return false }
            return ours != theirs
        } catch {
            throw .ours("the outbox cannot be read")
        }
    }

    private func forgetInvite() async {
        do throws(HomeError) {
            try await home.forgetInvite(to: peer)
            peers.forget(server)
        } catch {
            logger.warning("a used invitation could not be forgotten", metadata: ["error": "\(error)"])
        }
    }

    /// One of the two databases was rolled back, or rows are missing: the lane goes on in a new epoch. Above `Limits.newEpochs` it stands still
    /// until an operator acts; its queue is kept.
    func beginAnew(_ alarm: OutboundLane.Alarm) async throws(PeerFailure) {
        guard let epoch else { return }
        let now = time.now()
        newEpochs.removeAll { now - $0 >= Limits.newEpochsTime }
        guard newEpochs.count < Limits.newEpochs else { return await stop(alarm) }
        if alarm == .gap, shared.withLock({ $0.lane.unrecorded() != nil }) {
            // What was acknowledged before the hole is written down first; then the hole is met again.
            do { try await Task.sleep(for: .milliseconds(50)) } catch { throw .ours("stopping") }
            return
        }
        isBeginningAnew = true
        defer { isBeginningAnew = false }
        do throws(HomeError) {
            let first = try await firstOfNewEpoch(alarm)
            logger.critical(
                "the lane begins anew: one side's database was rolled back, or rows are missing",
                metadata: [
                    "alarm": "\(alarm.rawValue)", "from": "\(first.map { "\($0)" } ?? "what is not acknowledged")",
                ])
            let link = try await home.openOutboundEpoch(
                to: peer, server: server, replacing: epoch, from: first, reason: alarm.rawValue)
            Counter(label: "federation_new_epochs").increment()
            newEpochs.append(now)
            forgetLink()
            if let link { adopt(link) }
        } catch {
            throw .ours("a new epoch could not be opened")
        }
    }

    /// Nil: what is not acknowledged, as the database has it.
    private func firstOfNewEpoch(_ alarm: OutboundLane.Alarm) async throws(HomeError) -> Int64? {
        let confirmed = shared.withLock { $0.lane.confirmed ?? 0 }
        switch alarm {
        case .fork: return min(confirmedAtGreeting, confirmed) + 1
        case .acknowledgedUnsent: return nil
        case .gap:
            if let next = try await home.resumableSeq(of: peer, after: confirmed) { return next }
            return try await home.outboundLink(to: peer).map { max($0.last, confirmed) + 1 }
        }
    }

    private func stop(_ alarm: OutboundLane.Alarm) async {
        isStopped = true
        logger.critical(
            "the link is stopped: its lane had to begin anew too often", metadata: ["alarm": "\(alarm.rawValue)"])
        do throws(HomeError) {
            try await home.stopLink(peer, reason: alarm.rawValue)
            try await home.raiseAlarm("stopped", of: server)
        } catch {
            logger.error("the stopped link could not be saved", metadata: ["error": "\(error)"])
        }
    }
}
