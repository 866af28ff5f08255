import Glibc

/// A plain TCP connection of a test to the homeserver: every byte is the test's own. Used by one task at a time.
///
/// Reads wait at most 20 s, so that a homeserver that says nothing fails the test instead of hanging it.
final class RawSocket: @unchecked Sendable {
    // @unchecked: its test awaits each call before the next, and each runs to its end on one thread.
    struct Failure: Error, CustomStringConvertible { let description: String }

    private let descriptor: Int32
    private var received: [UInt8] = []

    private init(descriptor: Int32) {
        self.descriptor = descriptor
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// - Parameter receiveBuffer: Bytes that the kernel keeps for a reader who does not read.
    static func connect(port: Int, receiveBuffer: Int32? = nil) async throws -> RawSocket {
        try await onThread {
            let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
            guard descriptor >= 0 else { throw Failure(description: "no socket") }
            let raw = RawSocket(descriptor: descriptor)
            var patience = timeval(tv_sec: 20, tv_usec: 0)
            setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
            if var size = receiveBuffer {
                setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<Int32>.size))
            }
            // The bytes of a `sockaddr_in`, whose own fields belong to whichever module was loaded first.
            let family = withUnsafeBytes(of: sa_family_t(AF_INET)) { Array($0) }
            let address = family + [UInt8(port >> 8), UInt8(port & 0xff), 127, 0, 0, 1] + Array(repeating: 0, count: 8)
            let connected = address.withUnsafeBytes { bytes in
                bytes.withMemoryRebound(to: sockaddr.self) {
                    Glibc.connect(descriptor, $0.baseAddress, socklen_t(bytes.count))
                }
            }
            guard connected == 0 else { throw Failure(description: "cannot connect: \(errno)") }
            return raw
        }
    }

    // MARK: Bytes

    func send(_ bytes: [UInt8]) async throws {
        try await RawSocket.onThread { [self] in
            var sent = 0
            while sent < bytes.count {
                let count = bytes[sent...].withUnsafeBytes {
                    Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
                // The homeserver may have closed: what it said before is still to be read.
                guard count > 0 else { return }
                sent += count
            }
        }
    }

    /// Says that nothing more will be sent, and goes on reading.
    func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Cuts the connection with a reset, as a lost network does.
    func cut() {
        var linger = Glibc.linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout<Glibc.linger>.size))
        shutdown(descriptor, Int32(SHUT_RDWR))
    }

    /// Waits for more bytes; false when the homeserver has closed.
    private func receive() throws -> Bool {
        var chunk = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &chunk, chunk.count, 0)
        guard count >= 0 else {
            guard errno == ECONNRESET else { throw Failure(description: "nothing came for 20 s") }
            return false
        }
        received += chunk[..<count]
        return count > 0
    }

    /// Reads until the homeserver closes and throws away what came.
    func readToEnd() async throws {
        try await RawSocket.onThread { [self] in
            while try receive() { received = [] }
        }
    }

    // MARK: HTTP

    struct Head {
        let status: Int
        /// By lower-case names.
        let headers: [String: String]
    }

    /// Reads the head of an answer and leaves what follows; nil when the homeserver closes without a word.
    func readHead() async throws -> Head? {
        try await RawSocket.onThread { [self] in
            let end = Array("\r\n\r\n".utf8)
            while true {
                if let split = received.indices.first(where: { received[$0...].starts(with: end) }) {
                    let head = RawSocket.parse(String(decoding: received[..<split], as: UTF8.self))
                    received.removeFirst(split + end.count)
                    return head
                }
                guard try receive() else { return nil }
            }
        }
    }

    /// Reads a body of a known length.
    func readBody(_ head: Head) async throws -> String {
        let length = head.headers["content-length"].flatMap { Int($0) } ?? 0
        return try await RawSocket.onThread { [self] in
            while received.count < length {
                guard try receive() else { throw Failure(description: "the body ends too early") }
            }
            defer { received.removeFirst(length) }
            return String(decoding: received[..<length], as: UTF8.self)
        }
    }

    private static func parse(_ text: String) -> Head {
        let lines = text.split(separator: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Head(status: status ?? 0, headers: headers)
    }

    // MARK: Frames

    /// The next frame; nil when the homeserver has closed.
    func readFrame() async throws -> ServerBytes.Frame? {
        try await RawSocket.onThread { [self] in
            while true {
                if let (frame, length) = ServerBytes.frame(in: received) {
                    received.removeFirst(length)
                    return frame
                }
                guard try receive() else { return nil }
            }
        }
    }

    /// The code of the close frame that must come, after whatever else; nil when the connection ends without one.
    func readClose() async throws -> UInt16? {
        while let frame = try await readFrame() {
            if frame.opcode == 8 { return frame.code }
        }
        return nil
    }

    /// Blocking calls stand in nobody's way on a thread of their own; a shared pool would run out of threads.
    private static func onThread<Result: Sendable>(
        _ body: @escaping @Sendable () throws -> Result
    ) async throws -> Result {
        try await withCheckedThrowingContinuation { continuation in
            let work = Work { continuation.resume(with: Swift.Result { try body() }) }
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Work>.fromOpaque(context).takeRetainedValue().run()
                    return nil
                }, Unmanaged.passRetained(work).toOpaque())
            precondition(status == 0, "no thread could be started")
            pthread_detach(thread)
        }
    }

    private final class Work {
        let run: () -> Void

        init(_ run: @escaping () -> Void) {
            self.run = run
        }
    }
}

extension RawSocket.Head: Sendable {}
