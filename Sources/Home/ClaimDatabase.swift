import Postgres
import Synchronization
import Wire

extension Home {
    /// Makes sure that this database is this homeserver's: the first start notes the name, a later one under another name is refused.
    /// From then on `incarnation` says which life of it this is.
    package func claimDatabase() async throws(HomeError) {
        let (name, incarnation): (String, String)
        do throws(PostgresError) {
            _ = try await database.execute(
                "INSERT INTO homeserver (name) VALUES (\(server.text)) ON CONFLICT DO NOTHING")
            (name, incarnation) = try await database.one(
                "SELECT name, incarnation::text FROM homeserver", as: (String, String).self)
        } catch { throw HomeError(error) }
        guard name == server.text else {
            throw .conflict("this database belongs to the homeserver \(name), not to \(server.text)")
        }
        claimed.set(incarnation)
    }
}

/// Which life of the database is served. State: a `Mutex`; set once, before anything is served.
final class Incarnation: Sendable {
    private let text = Mutex("")

    var value: String { text.withLock { $0 } }

    func set(_ value: String) { text.withLock { $0 = value } }
}
