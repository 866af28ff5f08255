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
        var error = error
        if let unrouted = error as? HTTPError, unrouted.status == .notFound {
            // The router knows only that no handler fits.
            let allowed = HTTPRoutes.methods(of: request.uri.path)
            error = allowed.isEmpty ? HTTPRefusal.unknownPath : HTTPRefusal.wrongMethod(allowed: allowed)
        }
        return HTTPAnswer(refusing: error, route: context.endpointPath ?? "", logger: context.logger)
    }
}

extension HTTPField.Name {
    /// The name of a request in the log, for whoever reports what he was answered.
    fileprivate static let requestID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Request-ID") else { preconditionFailure("a valid field name") }
        return name
    }()
}
