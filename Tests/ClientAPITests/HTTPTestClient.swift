import Dispatch
import Glibc
import Wire

/// What a homeserver answered to one request, as it came over the wire.
struct HTTPTestAnswer: Sendable {
    let status: Int
    /// By lower-case names.
    let headers: [String: [String]]
    let body: [UInt8]

    var json: JSON? { try? JSON.parse(body) }
    var object: JSONObject? { json?.object }

    /// The `code` of an error's envelope.
    var code: String? { try? object?.optionalString("code") }
    /// The `field` of an error's envelope.
    var field: String? { try? object?.optionalString("field") }
    var text: String { String(decoding: body, as: UTF8.self) }
    func header(_ name: String) -> String? { headers[name]?.first }
}

/// Sends HTTP/1.1 over a plain socket, one connection a request, and leaves every byte to the test.
struct HTTPTestClient: Sendable {
    struct Failure: Error { let what: String }

    let port: Int
    var token: String?

    /// The same client, signed in.
    func with(token: String) -> HTTPTestClient { HTTPTestClient(port: port, token: token) }

    /// A request with the usual headers; `headers` go before them, and an empty value leaves the usual one out.
    func send(
        _ method: String, _ path: String, _ body: String? = nil, headers: [String: String] = [:]
    ) async throws -> HTTPTestAnswer {
        try await send(method, path, bytes: body.map { Array($0.utf8) }, headers: headers)
    }

    func send(
        _ method: String, _ path: String, bytes: [UInt8]?, headers: [String: String] = [:]
    ) async throws -> HTTPTestAnswer {
        var all = ["Host": "localhost", "Connection": "close"]
        if let token { all["Authorization"] = "Bearer " + token }
        if let bytes {
            all["Content-Type"] = "application/json"
            all["Content-Length"] = String(bytes.count)
        }
        all.merge(headers) { _, given in given }
        var head = "\(method) \(path) HTTP/1.1\r\n"
        for (name, value) in all where !value.isEmpty { head += "\(name): \(value)\r\n" }
        return try await send(raw: Array((head + "\r\n").utf8) + (bytes ?? []))
    }

    /// Sends these bytes and reads until the homeserver closes.
    func send(raw bytes: [UInt8]) async throws -> HTTPTestAnswer {
        try await withCheckedThrowingContinuation { continuation in
            // A queue of its own has a thread of its own: the shared ones are few, and all tests wait at once.
            DispatchQueue(label: "HTTPTestClient").async {
                continuation.resume(with: Result { try HTTPTestClient.parse(try exchange(bytes)) })
            }
        }
    }

    private func exchange(_ bytes: [UInt8]) throws -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure(what: "socket") }
        defer { Glibc.close(descriptor) }
        var patience = timeval(tv_sec: 20, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        // struct sockaddr_in by its bytes: family, port and address in network order, padding.
        let family = withUnsafeBytes(of: sa_family_t(AF_INET)) { Array($0) }
        let address = family + [UInt8(port >> 8), UInt8(port & 0xFF), 127, 0, 0, 1] + [UInt8](repeating: 0, count: 8)
        let connected = address.withUnsafeBytes { bytes in
            bytes.withMemoryRebound(to: sockaddr.self) {
                connect(descriptor, $0.baseAddress, socklen_t(address.count))
            }
        }
        guard connected == 0 else { throw Failure(what: "connect") }
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // An answer may come before everything was sent; it is read all the same.
            guard count > 0 else { break }
            sent += count
        }
        var answer: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { break }
            answer += chunk[..<count]
            if HTTPTestClient.isWhole(answer) { break }
        }
        return answer
    }

    /// Whether head and announced body are there, so that a connection that stays open is not waited for.
    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        guard let answer = try? parse(bytes) else { return false }
        let length = answer.header("content-length").flatMap { Int($0) }
        return answer.status == 204 || length.map { answer.body.count >= $0 } ?? false
    }

    private static func parse(_ bytes: [UInt8]) throws -> HTTPTestAnswer {
        let end = Array("\r\n\r\n".utf8)
        guard let split = bytes.indices.first(where: { bytes[$0...].starts(with: end) }) else {
            throw Failure(what: "no answer: \(String(decoding: bytes.prefix(200), as: UTF8.self))")
        }
        let lines = String(decoding: bytes[..<split], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw Failure(what: "no status")
        }
        var headers: [String: [String]] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { throw Failure(what: "a header without a colon") }
            let value = line[line.index(after: colon)...].drop { $0 == " " }
            headers[line[..<colon].lowercased(), default: []].append(String(value))
        }
        return HTTPTestAnswer(status: status, headers: headers, body: Array(bytes[(split + end.count)...]))
    }
}
