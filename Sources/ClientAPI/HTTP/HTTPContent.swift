import Hummingbird
import NIOCore
import NIOHTTP1
import Wire

/// The body of a request, read when a route wants it.
enum HTTPContent: Sendable {
    /// How long a client may take to send its body; then the connection is closed.
    static let time = TimeAmount.seconds(10)

    /// What is still to come over a client's connection.
    case stream(RequestBody, on: any Channel)
    /// A JSON object that is here already; nil without one.
    case whole([UInt8]?)

    /// At most `Limits.httpBodyBytes`, read within `time`.
    func bytes() async throws -> [UInt8] {
        switch self {
        case .stream(let body, let channel): try await HTTPContent.collect(body, on: channel)
        case .whole(let bytes): bytes ?? []
        }
    }

    private static func collect(_ body: RequestBody, on channel: any Channel) async throws -> [UInt8] {
        let deadline = channel.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
        do {
            let bytes = try await body.collect(upTo: Limits.httpBodyBytes)
            deadline.cancel()
            return Array(bytes.readableBytesView)
        } catch is NIOTooManyBytesError {
            // The deadline stays: what the client still sends is read and thrown away no longer than that.
            throw HTTPRefusal.bodyTooLarge
        } catch let error as HTTPParserError {
            deadline.cancel()
            throw error
        } catch {
            deadline.cancel()
            throw HTTPRefusal.bodyIncomplete
        }
    }
}
