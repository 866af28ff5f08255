package import Wire

/// Why a use case refused or failed; each API maps it to its wire form in one file (`ClientError`, `FederationError`).
///
/// The set is closed: an error that fits none of these is logged once where it is caught and becomes `internal`.
package enum HomeError: Error, Sendable, Equatable {
    /// The token, ticket or password is not valid.
    case unauthorized
    /// The caller is known and may not do this; the text says what is missing.
    case forbidden(String)
    /// The named thing does not exist, or the caller may not know that it does.
    case notFound(String)
    /// A field of the request is wrong; `problem` reads on from the field's name ("must be a string").
    case invalid(field: String, problem: String)
    /// A field is over its limit.
    case tooLarge(field: String, problem: String)
    case rateLimited(retryAfter: Duration)
    /// The channel is in slow mode, and his last message is too young.
    case slowMode(retryAfter: Duration)
    case notFriends
    case blocked
    /// The request contradicts what is already there; the text says how.
    case conflict(String)
    /// The other homeserver cannot be spoken to, and the operation cannot be queued.
    case remoteUnreachable(ServerName)
    /// The database is away or a queue is full: the same request may be sent again.
    case unavailable(String)
    /// A fault of ours, already logged.
    case `internal`

    package init(_ error: FieldError) {
        self = .invalid(field: error.field, problem: error.problem)
    }
}
