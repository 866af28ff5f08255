import Postgres
import Wire

extension Home {
    /// Makes sure that this database is this homeserver's: the first start notes the name, a later one under another name is refused.
    package func claimDatabase() async throws(HomeError) {
        let name: String
        do throws(PostgresError) {
            _ = try await database.execute(
                "INSERT INTO homeserver (name) VALUES (\(server.text)) ON CONFLICT DO NOTHING")
            name = try await database.query("SELECT name FROM homeserver").text(0, 0)
        } catch { throw HomeError(error) }
        guard name == server.text else {
            throw .conflict("this database belongs to the homeserver \(name), not to \(server.text)")
        }
    }
}
