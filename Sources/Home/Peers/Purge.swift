import Wire

extension Home {
    /// How long events are kept after their acknowledgement, for a peer that restores a backup.
    static let outboxRetention = Duration.seconds(7 * 86_400)
    /// Dead letters of one peer's own events; what became of those that our users sent is told from theirs.
    static let deadLettersKept = 10_000
    private static let purgeChunk = 1000

    /// Deletes old outbox rows and too many dead letters hourly, in chunks, so that no statement holds many locks.
    func runPurges() async {
        while !Task.isCancelled {
            try? await purgeOutbox()
            while let count = try? await peerStore.purgeDeadLetters(
                keeping: Self.deadLettersKept, chunk: Self.purgeChunk), count > 0, !Task.isCancelled
            {}
            try? await purgeAccounts()
            try? await Task.sleep(for: .seconds(3600))
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
}
