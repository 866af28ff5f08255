import Postgres

/// The dead letters of each peer's own events in their order: the hourly purge finds the oldest of them by it, however many there are.
enum M010DeadLetters {
    static let migration = Migration(
        name: "010-dead-letters",
        sql: ["CREATE INDEX dead_letters_in ON dead_letters (peer, key) WHERE direction = 'in'"]
    )
}
