import COpenSSL
package import Wire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Connects to a server as a peer would and reads what it shows, believing nothing; `peer test` and `doctor` run it.
///
/// Its caller has checked the address. The call blocks: run it on a thread of its own.
package struct TLSProbe: Sendable {
    package struct Presented: Sendable {
        /// The server's own first; at least one.
        package let chain: [Certificate]
        /// `TLSv1.3`, say.
        package let version: String
    }

    package enum Failure: Error, Sendable, Equatable {
        /// Nobody listens on the port.
        case refused
        /// The connection cannot be made, in the system's words.
        case unreachable(String)
        /// Nothing within the time, connecting or greeting.
        case noConnectionInTime, noGreetingInTime
        /// The other side hung up in the middle of the greeting.
        case closed
        /// Whatever answers does not speak TLS.
        case notTLS
        /// It speaks nothing from TLS 1.2 on.
        case tooOld
        /// Anything else, in OpenSSL's words.
        case failed(String)
    }

    /// As `inet_ntop` writes it.
    package let address: String
    package let port: Int
    /// Whom the connection is for: it is what the server is told (SNI).
    package let host: ServerName
    /// For connecting, and as long again for the greeting.
    package let patience: Duration

    package init(address: String, port: Int, host: ServerName, patience: Duration) {
        self.address = address
        self.port = port
        self.host = host
        self.patience = patience
    }

    /// What the server shows.
    package func run() throws(Failure) -> Presented { try run(asking: nil).presented }

    /// The body of a GET that is answered with 200 and a length; nil for every other answer. The certificate is not judged, so
    /// it is for what proves itself.
    ///
    /// - Parameter maximumBytes: Of head and body together.
    package func body(of target: String, maximumBytes: Int) throws(Failure) -> [UInt8]? {
        try run(asking: (target, maximumBytes)).body
    }

    private func run(
        asking request: (target: String, maximumBytes: Int)?
    ) throws(Failure) -> (presented: Presented, body: [UInt8]?) {
        let socket = try connected()
        defer { close(socket) }
        ERR_clear_error()
        guard let context = copenssl_client_context() else { throw .failed("no context") }
        defer { SSL_CTX_free(context) }
        guard let ssl = SSL_new(context) else { throw .failed("no connection") }
        defer { SSL_free(ssl) }
        guard copenssl_set_host(ssl, host.text) == 1, SSL_set_fd(ssl, socket) == 1 else {
            throw .failed("no connection")
        }
        try greet(ssl, on: socket)
        let chain = (0..<copenssl_presented_count(ssl)).compactMap { index in
            copenssl_presented(ssl, index).flatMap { pointer in
                X509_up_ref(pointer)
                return Certificate(X509(owning: pointer))
            }
        }
        guard !chain.isEmpty else { throw .failed("it shows no certificate") }
        let presented = Presented(chain: chain, version: SSL_get_version(ssl).map { String(cString: $0) } ?? "")
        guard let request else { return (presented, nil) }
        return (presented, try ask(ssl, on: socket, request.target, maximumBytes: request.maximumBytes))
    }

    // MARK: Steps

    private func connected() throws(Failure) -> Int32 {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(address, "\(port)", &hints, &found) == 0, let found else {
            throw .unreachable("no address")
        }
        defer { freeaddrinfo(found) }
        let socket = socket(found.pointee.ai_family, found.pointee.ai_socktype, 0)
        guard socket >= 0 else { throw .unreachable(String(cString: strerror(errno))) }
        var isConnected = false
        defer { if !isConnected { close(socket) } }
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
        if connect(socket, found.pointee.ai_addr, found.pointee.ai_addrlen) != 0 {
            guard errno == EINPROGRESS else { throw TLSProbe.failure(errno) }
            guard wait(for: POLLOUT, on: socket, until: SystemTime().monotonic() + patience) else {
                throw .noConnectionInTime
            }
            var error: Int32 = 0
            var size = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size)
            guard error == 0 else { throw TLSProbe.failure(error) }
        }
        isConnected = true
        return socket
    }

    private func greet(_ ssl: OpaquePointer, on socket: Int32) throws(Failure) {
        let deadline = SystemTime().monotonic() + patience
        while true {
            ERR_clear_error()
            let result = SSL_connect(ssl)
            if result == 1 { return }
            switch SSL_get_error(ssl, result) {
            case SSL_ERROR_WANT_READ:
                guard wait(for: POLLIN, on: socket, until: deadline) else { throw .noGreetingInTime }
            case SSL_ERROR_WANT_WRITE:
                guard wait(for: POLLOUT, on: socket, until: deadline) else { throw .noGreetingInTime }
            case SSL_ERROR_ZERO_RETURN, SSL_ERROR_SYSCALL: throw .closed
            default: throw TLSProbe.greetingFailure()
            }
        }
    }

    private func ask(
        _ ssl: OpaquePointer, on socket: Int32, _ target: String, maximumBytes: Int
    ) throws(Failure) -> [UInt8]? {
        let deadline = SystemTime().monotonic() + patience
        let request = Array("GET \(target) HTTP/1.1\r\nHost: \(host):\(port)\r\nConnection: close\r\n\r\n".utf8)
        // So short a request goes into the socket's buffer whole.
        guard SSL_write(ssl, request, Int32(request.count)) == request.count else { throw .closed }
        var received: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 16_384)
        while received.count <= maximumBytes {
            ERR_clear_error()
            let count = SSL_read(ssl, &part, Int32(part.count))
            if count > 0 {
                received += part[..<Int(count)]
                if let body = TLSProbe.wholeBody(of: received) { return body }
                continue
            }
            guard SSL_get_error(ssl, count) == SSL_ERROR_WANT_READ else { return nil }
            guard wait(for: POLLIN, on: socket, until: deadline) else { throw .noGreetingInTime }
        }
        return nil
    }

    /// Nil until it is all there, and for ever when it is no 200 with a length.
    static func wholeBody(of answer: [UInt8]) -> [UInt8]? {
        let text = String(decoding: answer, as: UTF8.self)
        guard text.hasPrefix("HTTP/1.1 200 "), let end = answer.firstRange(of: Array("\r\n\r\n".utf8)) else {
            return nil
        }
        let head = String(decoding: answer[..<end.lowerBound], as: UTF8.self).lowercased()
        let field = head.split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
        guard let digits = field?.split(separator: ":").last, let length = Int(digits.filter { $0 != " " }),
            length >= 0,
            answer.count - end.upperBound >= length
        else { return nil }
        return Array(answer[end.upperBound..<end.upperBound + length])
    }

    private func wait(for event: Int32, on socket: Int32, until deadline: Duration) -> Bool {
        while true {
            let left = (deadline - SystemTime().monotonic()).wholeMilliseconds
            guard left > 0 else { return false }
            var entry = pollfd(fd: socket, events: Int16(event), revents: 0)
            let count = poll(&entry, 1, Int32(clamping: left))
            if count > 0 { return true }
            if count < 0, errno != EINTR { return false }
        }
    }

    private static func failure(_ error: Int32) -> Failure {
        switch error {
        case ECONNREFUSED: .refused
        case ETIMEDOUT: .noConnectionInTime
        default: .unreachable(String(cString: strerror(error)))
        }
    }

    private static func greetingFailure() -> Failure {
        let error = ERR_peek_last_error()
        let reason = copenssl_reason(error)
        defer { ERR_clear_error() }
        switch reason {
        case SSL_R_WRONG_VERSION_NUMBER, SSL_R_PACKET_LENGTH_TOO_LONG, SSL_R_HTTP_REQUEST, SSL_R_UNEXPECTED_MESSAGE,
            SSL_R_BAD_RECORD_TYPE, SSL_R_RECORD_LENGTH_MISMATCH:
            return .notTLS
        case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION, SSL_R_WRONG_SSL_VERSION: return .tooOld
        case SSL_R_UNEXPECTED_EOF_WHILE_READING: return .closed
        default: return .failed(ERR_reason_error_string(error).map { String(cString: $0) } ?? "error \(reason)")
        }
    }
}
