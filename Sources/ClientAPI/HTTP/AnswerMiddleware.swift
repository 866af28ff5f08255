import HTTPTypes
import Home
import Hummingbird
import Logging
import Metrics
import NIOHTTP1
import Wire

/// Gives every answer its security headers and its id, and every error its envelope, and counts them; the first middleware of
/// the client's router.
struct AnswerMiddleware: RouterMiddleware {
    typealias Context = ClientRequestContext

    let time: any TimeSource
    private let answers = CountersByValue("http_requests", by: "route", "method", "status")
    private let duration = Metrics.Timer(label: "http_request")

    init(time: any TimeSource) {
        self.time = time
    }

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let started = time.monotonic()
        let id = context.id
        var response = try await LogOrigin.$current.withValue(.request(id)) {
            try await answer(request, context, next)
        }
        response.headers[.requestID] = id
        note(response, to: request, context, after: time.monotonic() - started)
        return response
    }

    /// Counted by what stands in the table of routes, never by what somebody asks for.
    private func note(_ response: Response, to request: Request, _ context: Context, after took: Duration) {
        // For a path that is in no table the router has a word of its own.
        let isKnown = context.endpointPath?.hasPrefix("/") ?? false
        let (route, method) = isKnown ? (context.endpointPath ?? "", request.method.rawValue) : ("none", "any")
        answers.increment(route, method, "\(response.status.code)")
        duration.record(duration: took)
        context.logger.debug(
            "a request was answered",
            metadata: [
                "route": "\(route)", "method": "\(method)", "status": "\(response.status.code)",
                "microseconds": "\(took / .microseconds(1))",
            ])
    }

    private func answer(
        _ request: Request, _ context: Context, _ next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var response: Response
        do {
            response = try await next(request, context)
        } catch let error as HTTPParserError {
            // Not HTTP any more: the server answers 400 and closes.
            throw error
        } catch {
            response = envelope(of: error, request, context).response
        }
        response.headers[.xContentTypeOptions] = "nosniff"
        if response.headers[.cacheControl] == nil { response.headers[.cacheControl] = "no-store" }
        return response
    }

    private func envelope(of error: any Error, _ request: Request, _ context: Context) -> HTTPAnswer {
        switch error {
        case let error as HTTPRefusal: answer(error, request)
        case let error as HomeError: answer(ClientError(error))
        case let error as ClientError: answer(error)
        case let error as FieldError: answer(ClientError(error))
        case let error as HTTPError where error.status == .notFound: answerNoRoute(request)
        default:
            unknown(error, context)
        }
    }

    private func unknown(_ error: any Error, _ context: Context) -> HTTPAnswer {
        // The type and not the text: a text may quote what the client sent.
        context.logger.error(
            "request failed",
            metadata: ["route": "\(context.endpointPath ?? "")", "error": "\(String(reflecting: type(of: error)))"])
        return answer(ClientError.internal)
    }

    /// The router knows only that no handler fits.
    private func answerNoRoute(_ request: Request) -> HTTPAnswer {
        let allowed = HTTPRoutes.methods(of: request.uri.path)
        return answer(allowed.isEmpty ? .unknownPath : .wrongMethod(allowed: allowed), request)
    }

    private func answer(_ refusal: HTTPRefusal, _ request: Request) -> HTTPAnswer {
        switch refusal {
        case .unknownPath:
            return answer(ClientError(.notFound, "there is nothing at this path"))
        case .wrongMethod(let allowed):
            var answer = answer(ClientError(.invalid, "this path does not take this method"), .methodNotAllowed)
            answer.headers[.allow] = allowed.map(\.rawValue).joined(separator: ", ")
            return answer
        case .notDeclaredAsJSON:
            return answer(
                ClientError(field: "Content-Type", problem: "must be application/json"), .unsupportedMediaType)
        case .bodyTooLarge:
            var answer = answer(
                ClientError(.tooLarge, field: "body", problem: "is longer than \(Limits.httpBodyBytes) bytes"))
            answer.headers[.connection] = "close"
            return answer
        case .bodyIncomplete:
            return answer(ClientError(field: "body", problem: "ends too early"))
        case .notJSON(let error):
            return answer(ClientError(.invalid, error.description, field: "body"))
        case .notAnObject:
            return answer(ClientError(field: "body", problem: "must be a JSON object"))
        case .foreignOrigin:
            return answer(ClientError(.forbidden, "a page of this origin may not use the session's cookie"))
        }
    }

    private func answer(_ error: ClientError, _ status: HTTPResponse.Status? = nil) -> HTTPAnswer {
        let status = status ?? HTTPResponse.Status(code: error.status)
        var answer = HTTPAnswer(status: status, json: JSONWriter.bytes(of: error))
        if let milliseconds = error.retryAfterMilliseconds {
            // Whole seconds, rounded up: a client that waits so long does not come too early.
            answer.headers[.retryAfter] = String((milliseconds + 999) / 1000)
        }
        if status == .unauthorized { answer.headers[.wwwAuthenticate] = "Bearer" }
        return answer
    }
}

extension HTTPField.Name {
    /// The name of a request in the log, for whoever reports what he was answered.
    fileprivate static let requestID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Request-ID") else { preconditionFailure("a valid field name") }
        return name
    }()
}
