import HTTPTypes
import Home
import Logging
import Wire

/// The answer to whatever a route throws: the one place where an error becomes a status and an envelope.
extension HTTPAnswer {
    /// - Parameter route: As the table has it, for the log.
    init(refusing error: any Error, route: String, logger: Logger) {
        switch error {
        case let error as HTTPRefusal: self.init(error)
        case let error as HomeError: self.init(ClientError(error))
        case let error as ClientError: self.init(error)
        case let error as FieldError: self.init(ClientError(error))
        default:
            // The type and not the text: a text may quote what the client sent.
            logger.error(
                "request failed",
                metadata: ["route": "\(route)", "error": "\(String(reflecting: type(of: error)))"])
            self.init(ClientError.internal)
        }
    }

    private init(_ refusal: HTTPRefusal) {
        switch refusal {
        case .unknownPath:
            self.init(ClientError(.notFound, "there is nothing at this path"))
        case .wrongMethod(let allowed):
            self.init(ClientError(.invalid, "this path does not take this method"), .methodNotAllowed)
            headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
        case .notDeclaredAsJSON:
            self.init(
                ClientError(field: "Content-Type", problem: "must be application/json"), .unsupportedMediaType)
        case .bodyTooLarge:
            self.init(ClientError(.tooLarge, field: "body", problem: "is longer than \(Limits.httpBodyBytes) bytes"))
            headers[.connection] = "close"
        case .bodyIncomplete:
            self.init(ClientError(field: "body", problem: "ends too early"))
        case .notJSON(let error):
            self.init(ClientError(.invalid, error.description, field: "body"))
        case .notAnObject:
            self.init(ClientError(field: "body", problem: "must be a JSON object"))
        case .foreignOrigin:
            self.init(ClientError(.forbidden, "a page of this origin may not use the session's cookie"))
        }
    }

    private init(_ error: ClientError, _ status: HTTPResponse.Status? = nil) {
        let status = status ?? HTTPResponse.Status(code: error.status)
        self.init(status: status, json: JSONWriter.bytes(of: error))
        if let wait = error.retryAfterMilliseconds { setRetryAfter(milliseconds: wait) }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
    }

    /// In whole seconds, rounded up: a client that waits so long does not come too early.
    mutating func setRetryAfter(milliseconds: Int64) {
        headers[.retryAfter] = String((milliseconds - 1) / 1000 + 1)
    }
}
