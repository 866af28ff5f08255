package import Home
package import Wire

/// What a client is told when something is refused: the `error` frame and every HTTP error body are this envelope.
///
/// `{code, message, field?, retry_after_ms?}`; an `error` frame adds `type`, `nonce` and `ref_type`. This file is the
/// only place where an error of the domain becomes a code of the wire. Texts name the field and never hold a secret.
package struct ClientError: Error, Sendable, Equatable {
    /// Stable names; a client may branch on them. New ones may be added, none is ever renamed.
    package enum Code: String, Sendable, CaseIterable {
        case unauthorized
        case forbidden
        case notFound = "not_found"
        case invalid
        case tooLarge = "too_large"
        case rateLimited = "rate_limited"
        case slowMode = "slow_mode"
        case blocked
        case notFriends = "not_friends"
        case channelFull = "channel_full"
        case remoteUnreachable = "remote_unreachable"
        case conflict
        case unavailable
        case unknownType = "unknown_type"
        case `internal`
    }

    package let code: Code
    /// English, for people who debug; never for a program.
    package let message: String
    /// The field that is wrong, as a path such as `attachments[2].id`.
    package let field: String?
    /// How long to wait before the same request may succeed.
    package let retryAfter: Duration?

    package init(_ code: Code, _ message: String, field: String? = nil, retryAfter: Duration? = nil) {
        self.code = code
        self.message = message
        self.field = field
        self.retryAfter = retryAfter
    }

    /// A field that is wrong: `problem` reads on from its name.
    package init(_ code: Code = .invalid, field: String, problem: String) {
        self.init(code, field + " " + problem, field: field)
    }

    package init(_ error: FieldError) {
        self.init(field: error.field, problem: error.problem)
    }

    /// A text that is not JSON as we take it.
    package init(_ error: JSONError) {
        self.init(.invalid, error.description)
    }

    package init(_ error: HomeError) {
        switch error {
        case .unauthorized: self.init(.unauthorized, "the credentials are not valid")
        case .forbidden(let reason): self.init(.forbidden, reason)
        case .notFound(let what): self.init(.notFound, what)
        case .invalid(let field, let problem): self.init(field: field, problem: problem)
        case .tooLarge(let field, let problem): self.init(.tooLarge, field: field, problem: problem)
        case .rateLimited(let retryAfter):
            self.init(.rateLimited, "too many requests of this kind", retryAfter: retryAfter)
        case .slowMode(let retryAfter):
            self.init(.slowMode, "this channel is in slow mode", retryAfter: retryAfter)
        case .notFriends: self.init(.notFriends, "you and this user are not friends")
        case .blocked: self.init(.blocked, "this user cannot be reached")
        case .conflict(let how): self.init(.conflict, how)
        case .remoteUnreachable(let server): self.init(.remoteUnreachable, server.text + " cannot be reached")
        case .unavailable(let reason): self.init(.unavailable, reason)
        case .internal: self = .internal
        }
    }

    /// A fault of ours; what it was stands in the log and nowhere else.
    package static let `internal` = ClientError(.internal, "the homeserver failed; its log says why")

    /// The HTTP status code that goes with the error.
    package var status: Int {
        switch code {
        case .invalid, .unknownType: 400
        case .unauthorized: 401
        case .forbidden, .blocked, .notFriends: 403
        case .notFound: 404
        case .conflict, .channelFull: 409
        case .tooLarge: 413
        case .rateLimited, .slowMode: 429
        case .internal: 500
        case .remoteUnreachable: 502
        case .unavailable: 503
        }
    }

    /// Milliseconds for `retry_after_ms`, rounded up so that a client that waits them is not too early.
    package var retryAfterMilliseconds: Int64? {
        retryAfter.map { max(1, ($0 + .microseconds(999)).wholeMilliseconds) }
    }

    /// The envelope's fields, inside an object that the caller has begun.
    package func writeFields(to writer: inout JSONWriter) {
        writer.field("code", code.rawValue)
        writer.field("message", message)
        writer.field("field", field)
        writer.field("retry_after_ms", retryAfterMilliseconds)
    }
}

extension ClientError: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeFields(to: &writer)
        writer.endObject()
    }
}
