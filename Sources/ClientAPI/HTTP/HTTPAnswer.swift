import HTTPTypes
import Hummingbird
import NIOCore
import Wire

/// What a route answers: a status and, unless it is 204, one JSON object.
struct HTTPAnswer: Sendable {
    var status: HTTPResponse.Status
    var headers: HTTPFields = [:]
    var json: [UInt8]?

    /// 204: done, nothing to say.
    static let done = HTTPAnswer(status: .noContent)

    /// One JSON object, whose fields the closure writes.
    static func object(_ status: HTTPResponse.Status = .ok, _ fields: (inout JSONWriter) -> Void) -> HTTPAnswer {
        var writer = JSONWriter()
        writer.beginObject()
        fields(&writer)
        writer.endObject()
        return HTTPAnswer(status: status, json: writer.bytes)
    }

    var response: Response {
        guard let json else { return Response(status: status, headers: headers) }
        var headers = headers
        headers[.contentType] = "application/json"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: json)))
    }
}
