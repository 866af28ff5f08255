import Wire

extension Home {
    /// How long acknowledged events are kept for a peer that restores a backup.
    static let outboxRetention = Duration.seconds(7 * 86_400)
    private static let purgeChunk = 1000

    /// Deletes old outbox rows hourly, in chunks, so that no statement holds many locks.
    func runPurges() async {
        while !Task.isCancelled {
            while let count = try? await peerStore.purgeOutbox(
                before: time.now() - Self.outboxRetention, chunk: Self.purgeChunk), count > 0, !Task.isCancelled
            {}
            try? await purgeAccounts()
            try? await Task.sleep(for: .seconds(3600))
        }
    }
}
