import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// `GET /ws` when it comes as plain HTTP: whatever was not upgraded is told why.
enum SocketRoute {
    static func add(to router: Router<ClientRequestContext>, settings: ClientAPISettings) {
        router.get(RouterPath(Handshake.path)) { request, _ in
            do throws(Handshake.Refusal) {
                _ = try Handshake(request).check(allowedOrigins: settings.allowedOrigins)
                return response(to: .notFirst)
            } catch {
                return response(to: error)
            }
        }
    }

    private static func response(to refusal: Handshake.Refusal) -> Response {
        let status = HTTPResponse.Status(code: refusal.status ?? refusal.error.status)
        var headers: HTTPFields = [.contentType: "application/json", .connection: "close"]
        if status.code == 426 {
            headers[.upgrade] = "websocket"
            headers[.secWebSocketVersion] = "13"
        }
        if status == .unauthorized { headers[.wwwAuthenticate] = "Bearer" }
        let body = ByteBuffer(bytes: JSONWriter.bytes(of: refusal.error))
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: body))
    }
}

extension HTTPField.Name {
    fileprivate static let secWebSocketVersion: HTTPField.Name = {
        guard let name = HTTPField.Name("Sec-WebSocket-Version") else { preconditionFailure("a valid field name") }
        return name
    }()
}
