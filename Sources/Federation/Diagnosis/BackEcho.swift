package import Wire

/// What a peer's own signed echo to us came to, as it stands in its answer to ours: `{"ok":true}` or `{"code":…}`.
package enum BackEcho: Sendable, Equatable {
    case ok
    /// One of docs/federation.md's words for why it failed, or one that this version does not know.
    case failed(code: String)

    /// From the field `back` of an answer; nil when the peer left it out.
    package init?(reading answer: JSONObject) {
        guard let object = answer["back"]?.object else { return nil }
        if case .bool(true)? = object["ok"] {
            self = .ok
        } else {
            self = .failed(code: (try? object.string("code", maxBytes: 64)) ?? "unknown")
        }
    }

    init(_ failure: PeerFailure) {
        self = .failed(code: BackEcho.code(of: failure))
    }

    /// Says what kind of failure it was and nothing of our network: whoever asked may be a stranger.
    private static func code(of failure: PeerFailure) -> String {
        switch failure {
        case .discovery(.noAddress): "no_address"
        case .discovery: "forbidden_address"
        case .connection(let kind): kind.contains("CERTIFICATE_VERIFY_FAILED") ? "certificate" : "no_connection"
        case .timeout: "timeout"
        case .answerTooLarge, .malformed, .status: "no_home"
        case .unsigned, .notGreeted: "unsigned"
        case .keys: "keys"
        case .refused(let error): error.code
        case .blocked: FederationError.blocked.code
        case .notAllowed: "not_allowed"
        case .ours: "unavailable"
        }
    }
}

extension BackEcho: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        switch self {
        case .ok: writer.field("ok", true)
        case .failed(let code): writer.field("code", code)
        }
        writer.endObject()
    }
}
