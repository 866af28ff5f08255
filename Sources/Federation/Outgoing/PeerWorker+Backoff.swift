import Home
import Logging
import Synchronization
import Wire

/// How a worker waits after failures, what ends the wait, and what of it the database keeps.
extension PeerWorker {
    /// How long to wait after failures; nil to go on. Whatever was heard from the peer ends it.
    func pause() -> Duration? {
        if contact.take() {
            backoff.heard(now: time.now())
            noteSuspension()
        }
        return backoff.wait(now: time.now())
    }

    func succeeded() async {
        try? await peers.noteContact(with: peer)
        await home.noteAnswer(of: server, isAway: false, asked: time.monotonic())
        guard backoff.clear() else { return }
        ephemeral.contact.heard()
        noteSuspension()
        await saveBackoff()
    }

    /// A peer out of reach for a week is suspended until it is heard, or answers.
    func noteSuspension() {
        let isSuspended = backoff.isSuspended(now: time.now())
        let wasSuspended = shared.withLock { shared in
            defer { shared.isSuspended = isSuspended }
            return shared.isSuspended
        }
        guard isSuspended != wasSuspended else { return }
        if isSuspended {
            logger.warning("a peer is suspended: it was out of reach for a week")
        } else {
            logger.notice("a peer is not suspended any more")
        }
    }

    func failed(_ failure: PeerFailure) async {
        guard !isClosing, !Task.isCancelled else { return }
        // Who answered may not have been the peer, and what a greeting had to find out may not have been found out: no event is sent
        // before a hello has been answered properly.
        isGreeted = false
        counts.failed(failure)
        backoff.failed(failure.backoff, now: time.now(), random: Double.random(in: 0..<1))
        noteSuspension()
        logger.info(
            "a peer could not be reached or refused",
            metadata: ["reason": "\(failure.reason)", "attempts": "\(backoff.attempts)"])
        await saveBackoff()
        if failure == .blocked { await endMemberships() }
        if failure.isAway { await home.noteAnswer(of: server, isAway: true, asked: time.monotonic()) }
    }

    /// A homeserver that has blocked us has ended what its users and ours had in common.
    private func endMemberships() async {
        do throws(HomeError) {
            try await home.endMemberships(with: server)
        } catch {
            logger.warning("memberships could not be ended yet", metadata: ["error": "\(error)"])
        }
    }

    private func saveBackoff() async {
        do throws(HomeError) {
            try await home.saveBackoff(
                peer, attempts: backoff.attempts, nextTryAt: backoff.nextTryAt, firstFailureAt: backoff.firstFailureAt)
        } catch {
            logger.warning("the back-off could not be saved", metadata: ["error": "\(error)"])
        }
    }
}
