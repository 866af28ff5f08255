package import Wire

/// Every refusal that goes over a link, with its HTTP status and its fields: the one place where the wire's codes stand.
///
/// Incoming answers with it, Outgoing reads it from a peer's answer.
package enum FederationError: Error, Sendable, Equatable {
    /// 400: the request is not what this protocol has; `problem` names the field or header.
    case invalid(problem: String)
    /// 401: the signature does not hold, the nonce was used before, or the body is not the one that was signed.
    case badSignature
    case unknownKey
    /// 401: `created` is not after the receiver's start, so the nonce cannot be judged.
    case stale(now: Instant)
    /// 401: `created` or `expires` is outside the window.
    case clockSkew(now: Instant)
    /// 403: by the operator's word.
    case blocked
    /// 403: the mode admits only peers that the operator has allowed.
    case notAllowed
    case notFound
    /// 409: the answer to a `seq` beyond the next one.
    case gap(expected: Int64)
    /// 409: another event had the number that was acknowledged last.
    case fork
    case epochUnknown(last: Int64)
    case lengthRequired
    case tooLarge
    /// 426: the body's `v` is of another version.
    case version
    case rateLimited(retryAfter: Duration)
    case unavailable(retryAfter: Duration)
    /// 503: the sender's keys could not be fetched anew yet.
    case keysUnavailable
    case `internal`

    package var status: Int {
        switch self {
        case .invalid: 400
        case .badSignature, .unknownKey, .stale, .clockSkew: 401
        case .blocked, .notAllowed: 403
        case .notFound: 404
        case .gap, .fork, .epochUnknown: 409
        case .lengthRequired: 411
        case .tooLarge: 413
        case .version: 426
        case .rateLimited: 429
        case .internal: 500
        case .unavailable, .keysUnavailable: 503
        }
    }

    package var code: String {
        switch self {
        case .invalid: "invalid"
        case .badSignature: "bad_signature"
        case .unknownKey: "unknown_key"
        case .stale: "stale"
        case .clockSkew: "clock_skew"
        case .blocked: "blocked"
        case .notAllowed: "not_allowed"
        case .notFound: "not_found"
        case .gap: "gap"
        case .fork: "fork"
        case .epochUnknown: "epoch_unknown"
        case .lengthRequired: "length_required"
        case .tooLarge: "too_large"
        case .version: "version"
        case .rateLimited: "rate_limited"
        case .unavailable: "unavailable"
        case .keysUnavailable: "keys_unavailable"
        case .internal: "internal"
        }
    }

    /// What `Retry-After` says, in whole seconds rounded up.
    package var retryAfter: Duration? {
        switch self {
        case .rateLimited(let delay), .unavailable(let delay): .seconds((max(1, delay.wholeMilliseconds) + 999) / 1000)
        case .keysUnavailable: .seconds(1)
        default: nil
        }
    }
}

extension FederationError: JSONWritable {
    /// `{"code":…}` and the fields of that code.
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("code", code)
        switch self {
        case .invalid(let problem): writer.field("problem", problem)
        case .stale(let now), .clockSkew(let now): writer.field("now", now)
        case .gap(let expected): writer.field("expected", expected)
        case .epochUnknown(let last): writer.field("last", last)
        default: break
        }
        writer.endObject()
    }

    /// Reads a peer's refusal. Nil when the body is none of ours: then the status alone counts.
    package init?(status: Int, body: [UInt8], retryAfter: Duration?) {
        guard let object = (try? JSON.parse(body))?.object, case .string(let code)? = object["code"] else { return nil }
        let delay = retryAfter ?? .seconds(1)
        switch (status, code) {
        case (400, _): self = .invalid(problem: (try? object.string("problem", maxBytes: 512)) ?? "unnamed")
        case (401, "bad_signature"): self = .badSignature
        case (401, "unknown_key"): self = .unknownKey
        case (401, "stale"):
            guard let now = try? object.instant("now") else { return nil }
            self = .stale(now: now)
        case (401, "clock_skew"):
            guard let now = try? object.instant("now") else { return nil }
            self = .clockSkew(now: now)
        case (403, "blocked"): self = .blocked
        case (403, "not_allowed"): self = .notAllowed
        case (404, _): self = .notFound
        case (409, "gap"):
            guard let expected = try? object.integer("expected", in: 1...Limits.largestNumber) else { return nil }
            self = .gap(expected: expected)
        case (409, "fork"): self = .fork
        case (409, "epoch_unknown"):
            guard let last = try? object.integer("last", in: 0...Limits.largestNumber) else { return nil }
            self = .epochUnknown(last: last)
        case (411, _): self = .lengthRequired
        case (413, _): self = .tooLarge
        case (426, _): self = .version
        case (429, _): self = .rateLimited(retryAfter: delay)
        case (503, "keys_unavailable"): self = .keysUnavailable
        case (503, _): self = .unavailable(retryAfter: delay)
        case (500, "internal"): self = .internal
        default: return nil
        }
    }
}
