import Logging
import Wire

extension Home {
    /// How long events are kept after their acknowledgement, for a peer that restores a backup.
    static let outboxRetention = Duration.seconds(7 * 86_400)
    /// Dead letters of one peer's own events; what became of those that our users sent is told from theirs.
    static let deadLettersKept = 10_000
    /// Rows that one statement deletes at most.
    private static let purgeChunk = 1000

    /// Deletes old outbox rows, too many dead letters, what was said in channels that are gone and expired logins hourly, in chunks, so that no statement holds many locks.
    func runPurges() async {
        while !Task.isCancelled {
            await purge()
            try? await Task.sleep(for: .seconds(3600))
        }
    }

    /// All purges, once. One that fails keeps none of the others from its turn.
    func purge() async {
        await purge("outboxes") { () async throws(HomeError) in try await purgeOutbox() }
        await purge("dead letters") { () async throws(HomeError) in
            try await purgeDeadLetters(keeping: Self.deadLettersKept, chunk: Self.purgeChunk)
        }
        await purge("messages of deleted channels") { () async throws(HomeError) in
            while !Task.isCancelled, try await channelStore.purgeDeleted(chunk: Self.purgeChunk) > 0 {}
            while !Task.isCancelled, try await channelStore.purgeMarkers(chunk: Self.purgeChunk) > 0 {}
        }
        await purge("logs of communities") { () async throws(HomeError) in
            while !Task.isCancelled,
                try await communityStore.purgeLogs(keeping: Limits.communityLog, chunk: Self.purgeChunk) > 0
            {}
        }
        await purge("what is left of copies") { () async throws(HomeError) in
            let before = time.now() - Limits.acceptanceLife
            while !Task.isCancelled,
                try await communityStore.purgeCopies(askedBefore: before, chunk: Self.purgeChunk) > 0
            {}
        }
        await purge("logins") { () async throws(HomeError) in try await purgeAccounts() }
    }

    /// A table that is never purged any more fills the disk: somebody has to hear of it.
    private func purge(_ what: String, _ work: () async throws(HomeError) -> Void) async {
        do throws(HomeError) {
            try await work()
        } catch {
            // What ends with the process is no failure.
            guard !Task.isCancelled else { return }
            Logger(label: "home.purge").warning(
                "what is old could not be deleted; it is tried again in an hour",
                metadata: ["what": "\(what)", "error": "\(error)"])
        }
    }

    /// Deletes the rows of outboxes that were acknowledged longer ago than anybody restores a backup.
    func purgeOutbox() async throws(HomeError) {
        let before = time.now() - Self.outboxRetention
        try await peerStore.markOutbox(at: time.now(), forgettingThrough: before)
        while !Task.isCancelled {
            guard try await peerStore.purgeOutbox(acknowledgedSince: before, chunk: Self.purgeChunk) > 0 else { return }
        }
    }

    /// Deletes the oldest dead letters of each peer that has sent more than `count`.
    func purgeDeadLetters(keeping count: Int, chunk: Int) async throws(HomeError) {
        for peer in try await peerStore.keys() {
            // What comes meanwhile is for the next hour.
            guard let last = try await peerStore.lastDeadLetter(of: peer, behind: count) else { continue }
            var after = Int64.min
            while !Task.isCancelled,
                let gone = try await peerStore.purgeDeadLetters(of: peer, after: after, through: last, chunk: chunk)
            {
                after = gone.last
            }
        }
    }
}
