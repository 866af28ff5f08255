import Glibc
import Postgres

/// The throw-away PostgreSQL cluster that `ops/test` (or a developer) started for the tests, on a unix socket.
package enum TestCluster {
    package struct Missing: Error, CustomStringConvertible {
        package let description: String
    }

    /// From HOME_TEST_POSTGRES. Without it tests fail rather than pass over what they should show.
    package static func socketDirectory() throws -> String {
        guard let value = getenv("HOME_TEST_POSTGRES") else {
            throw Missing(
                description: """
                    HOME_TEST_POSTGRES is not set. Run ops/test, or point it to the socket directory of a throw-away \
                    PostgreSQL cluster with the superuser postgres.
                    """)
        }
        return String(cString: value)
    }

    package static func conninfo(database: String) throws -> String {
        "host=\(try socketDirectory()) user=postgres dbname=\(database)"
    }
}
