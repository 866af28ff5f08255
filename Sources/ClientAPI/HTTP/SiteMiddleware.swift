package import HTTPTypes
import Hummingbird
package import NIOCore

/// What is served on paths that the API does not have, such as the web client; the composition root hands it over.
///
/// It is given the path, as it stands in the request line, and the header fields; it gives the answer to a GET, throws an error of the
/// domain, or gives nil where there is nothing. It is asked on the event loops' threads and must not wait.
package typealias Site =
    @Sendable (_ path: String, _ headers: HTTPFields) throws -> (head: HTTPResponse, body: ByteBuffer)?

/// Asks the site before a path without a route is answered 404; made by `ClientAPI` when there is a site.
///
/// Added behind the routes, so no request of the API passes through it but those that have no handler. Those stay the API's all the
/// same where the path is one of its routes, or could become one: a site never takes a path away from it.
struct SiteMiddleware: RouterMiddleware {
    typealias Context = ClientRequestContext

    let site: Site

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        let path = request.uri.path
        guard !path.hasPrefix("/api/"), HTTPRoutes.methods(of: path).isEmpty,
            let (head, body) = try site(path, request.headers)
        else { return try await next(request, context) }
        let response = Response(
            status: head.status, headers: head.headerFields, body: ResponseBody(byteBuffer: body))
        switch request.method {
        case .get: return response
        case .head: return response.createHeadResponse()
        default: throw HTTPRefusal.wrongMethod(allowed: [.get, .head])
        }
    }
}
