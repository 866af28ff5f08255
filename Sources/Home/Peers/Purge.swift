import Wire

extension Home {
    /// How long acknowledged events are kept for a peer that restores a backup.
    static let outboxRetention = Duration.seconds(7 * 86_400)
    /// Dead letters of one peer's own events; what became of those that our users sent is told from theirs.
    static let deadLettersKept = 10_000
    private static let purgeChunk = 1000

    /// Deletes old outbox rows and too many dead letters hourly, in chunks, so that no statement holds many locks.
    func runPurges() async {
        while !Task.isCancelled {
            while let count = try? await peerStore.purgeOutbox(
                before: time.now() - Self.outboxRetention, chunk: Self.purgeChunk), count > 0, !Task.isCancelled
            {}
            while let count = try? await peerStore.purgeDeadLetters(
                keeping: Self.deadLettersKept, chunk: Self.purgeChunk), count > 0, !Task.isCancelled
            {}
            try? await purgeAccounts()
            try? await Task.sleep(for: .seconds(3600))
        }
    }
}
