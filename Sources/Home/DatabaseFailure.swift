import Logging
import Postgres

extension HomeError {
    /// What a caller is told when a read or a plain write failed: try again, or a fault of ours, which is logged here, once.
    init(_ error: PostgresError) {
        switch error {
        case .connectionLost, .timedOut, .overloaded, .connecting, .closed:
            self = .unavailable("the database is away")
        case .cancelled:
            self = .unavailable("the request was cancelled")
        case .server, .decoding, .invalidQuery, .noRows, .configuration:
            Logger(label: "home.database").error("a statement failed", metadata: ["error": "\(error)"])
            self = .internal
        }
    }
}
