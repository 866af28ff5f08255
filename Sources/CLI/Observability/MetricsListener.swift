import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import ServiceLifecycle

/// The listener for Prometheus: `GET /metrics` over plain HTTP and nothing else, on loopback unless the operator says
/// otherwise. Made by `Serve` where `metrics.port` is set.
///
/// At most `maximumConnections` at a time, each for one request and idle for at most `idleTime`; headers of at most 8 KiB; bodies are
/// not read.
struct MetricsListener: Service {
    private static let maximumConnections = 16
    private static let idleTime = TimeAmount.seconds(5)
    private static let headerBytes = 8192

    private let application: Application<MetricsResponder>

    init(
        host: String, port: Int, logger: Logger, onListening: @escaping @Sendable (Int) -> Void,
        samples: @escaping @Sendable () async -> [MetricSamples]
    ) {
        let http = HTTP1Channel.Configuration(
            idleTimeout: Self.idleTime,
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: Self.headerBytes, maxHeaderListSize: Self.headerBytes, maxHeaderFieldCount: 64))
        application = Application(
            responder: MetricsResponder(samples: samples), server: .http1(configuration: http),
            configuration: .init(
                address: .hostname(host, port: port),
                availableConnectionsDelegate: MaximumAvailableConnections(Self.maximumConnections)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            logger: logger)
    }

    func run() async throws {
        try await application.run()
    }
}

/// Answers every request of the metrics listener.
private struct MetricsResponder: HTTPResponder {
    let samples: @Sendable () async -> [MetricSamples]

    func respond(to request: Request, context: MetricsContext) async -> Response {
        guard request.uri.path == "/metrics" else {
            return plain(.notFound, "There is only /metrics here.\n")
        }
        guard request.method == .get || request.method == .head else {
            return plain(.methodNotAllowed, "/metrics takes GET.\n", [.allow: "GET, HEAD"])
        }
        let text = PrometheusText.write(await samples())
        let response = plain(.ok, text, [.contentType: PrometheusText.contentType])
        return request.method == .head ? response.createHeadResponse() : response
    }

    private func plain(_ status: HTTPResponse.Status, _ text: String, _ headers: HTTPFields = [:]) -> Response {
        var headers = headers
        if headers[.contentType] == nil { headers[.contentType] = "text/plain; charset=utf-8" }
        headers[.cacheControl] = "no-store"
        // Or who keeps a connection would keep others out.
        headers[.connection] = "close"
        return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }
}

/// Nothing of the request but itself is wanted.
private struct MetricsContext: InitializableFromSource, Sendable {
    init(source: ApplicationRequestContextSource) {}
}
