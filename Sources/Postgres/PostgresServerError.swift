import CLibpq

/// A five-character error code of PostgreSQL (its manual, appendix A); compared by callers that expect a refusal.
package struct SQLState: RawRepresentable, Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    package let rawValue: String

    package init(rawValue: String) { self.rawValue = rawValue }
    package init(stringLiteral value: String) { self.rawValue = value }
    package var description: String { rawValue }

    package static let featureNotSupported: SQLState = "0A000"
    package static let notNullViolation: SQLState = "23502"
    package static let foreignKeyViolation: SQLState = "23503"
    package static let uniqueViolation: SQLState = "23505"
    package static let checkViolation: SQLState = "23514"
    package static let invalidStatementName: SQLState = "26000"
    package static let serializationFailure: SQLState = "40001"
    package static let deadlockDetected: SQLState = "40P01"
    package static let undefinedTable: SQLState = "42P01"
    package static let lockNotAvailable: SQLState = "55P03"
    package static let objectInUse: SQLState = "55006"
    package static let queryCanceled: SQLState = "57014"
}

/// The fields of an error that PostgreSQL reported; `message` may quote data and so is no part of `description`.
///
/// A class, so that `PostgresError` stays small; nothing of it changes.
package final class PostgresServerError: Error, Sendable, Equatable, CustomStringConvertible {
    package let code: SQLState
    package let message: String
    package let constraint: String?
    package let schema: String?
    package let table: String?
    package let column: String?
    /// Where in the statement's text, in characters from 1.
    package let position: Int?
    /// Which statement of the flight, from 0; -1 when it was the COMMIT or the BEGIN that the client added.
    package let statement: Int
    /// The function of the server's source that raised it: the only mark of a stale plan that no language setting changes.
    let routine: String?

    package var description: String {
        var text = "PostgreSQL error \(code.rawValue) in statement \(statement)"
        if let constraint { text += ", constraint \(constraint)" }
        if let table { text += ", table \(table)" }
        if let column { text += ", column \(column)" }
        if let position { text += ", at character \(position)" }
        return text
    }

    /// The prepared statement is gone or its result type has changed: preparing it again helps.
    var isStaleStatement: Bool {
        code == .invalidStatementName || (code == .featureNotSupported && routine == "RevalidateCachedQuery")
    }

    package static func == (left: PostgresServerError, right: PostgresServerError) -> Bool {
        left === right
            || (left.code == right.code && left.message == right.message && left.constraint == right.constraint
                && left.table == right.table && left.column == right.column && left.statement == right.statement)
    }

    init(result: OpaquePointer, statement: Int) {
        func field(_ code: Character) -> String? {
            guard let ascii = code.asciiValue, let text = PQresultErrorField(result, Int32(ascii)) else { return nil }
            return String(cString: text)
        }
        // The letters are those of libpq's PG_DIAG_… macros (postgres_ext.h), which Swift does not import.
        self.code = SQLState(rawValue: field("C") ?? "XX000")
        self.message = field("M") ?? "no message"
        self.constraint = field("n")
        self.schema = field("s")
        self.table = field("t")
        self.column = field("c")
        self.position = field("P").flatMap { Int($0) }
        self.statement = statement
        self.routine = field("R")
    }
}
