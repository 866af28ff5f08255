import Glibc

/// TCP connections to 127.0.0.1, and the few requests that a benchmark makes before it measures.
enum Loopback {
    static func connect(port: UInt16) throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Failure.system("socket") }
        var one: Int32 = 1
        setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            throw Failure.system("connect to port \(port)")
        }
        return descriptor
    }

    static func write(_ bytes: [UInt8], to descriptor: Int32) throws {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes { bytes in
                let rest = UnsafeRawBufferPointer(rebasing: bytes[sent...])
                return send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { throw Failure.system("send") }
            sent += count
        }
    }

    /// Reads until the bytes contain a header's end; returns the header and what came behind it.
    static func readHead(from descriptor: Int32) throws -> (head: String, rest: [UInt8]) {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while true {
            let count = recv(descriptor, &chunk, chunk.count, 0)
            guard count > 0 else { throw Failure("the homeserver closed before it answered") }
            bytes += chunk[0..<count]
            if let end = headEnd(bytes) {
                return (String(decoding: bytes[0..<end], as: UTF8.self), Array(bytes[end...]))
            }
        }
    }

    private static func headEnd(_ bytes: [UInt8]) -> Int? {
        guard bytes.count >= 4 else { return nil }
        for index in 3..<bytes.count
        where bytes[index] == 10 && bytes[index - 1] == 13 && bytes[index - 2] == 10 && bytes[index - 3] == 13 {
            return index + 1
        }
        return nil
    }

    /// Signs in and returns the token.
    static func login(_ account: Description.Account, at server: Description.Homeserver) throws -> String {
        let body = #"{"username":"\#(account.name)","password":"\#(account.password)"}"#
        return try value(of: "token", in: try post("/api/v1/login", body, at: server))
    }

    /// Posts JSON and returns the answer's body; a homeserver that has too much to do is asked again for ten seconds.
    static func post(
        _ path: String, _ body: String, token: String? = nil, at server: Description.Homeserver
    ) throws -> String {
        let request =
            "POST \(path) HTTP/1.1\r\nHost: \(server.authority)\r\nContent-Type: application/json\r\n"
            + (token.map { "Authorization: Bearer \($0)\r\n" } ?? "")
            + "Content-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
        for _ in 0..<200 {
            let descriptor = try connect(port: server.port)
            defer { close(descriptor) }
            try write(Array(request.utf8), to: descriptor)
            var (head, rest) = try readHead(from: descriptor)
            if head.hasPrefix("HTTP/1.1 503") || head.hasPrefix("HTTP/1.1 429") {
                usleep(50_000)
                continue
            }
            guard head.hasPrefix("HTTP/1.1 20") else { throw Failure("\(path): \(head.prefix { $0 != "\r\n" })") }
            var chunk = [UInt8](repeating: 0, count: 4096)
            while case let count = recv(descriptor, &chunk, chunk.count, 0), count > 0 { rest += chunk[0..<count] }
            return String(decoding: rest, as: UTF8.self)
        }
        throw Failure("\(path) was refused for ten seconds")
    }

    /// The first string under a key, found without a JSON parser.
    static func value(of key: String, in text: String) throws -> String {
        guard let start = text.range(of: "\"\(key)\":\"")?.upperBound else { throw Failure("no \(key) in an answer") }
        return String(text[start...].prefix { $0 != "\"" })
    }

    /// Signs many in, two at a time.
    static func logins(_ accounts: [Description.Account], at server: Description.Homeserver) async throws -> [String] {
        try await withThrowingTaskGroup(of: [(Int, String)].self) { group in
            for lane in 0..<2 {
                group.addTask {
                    try stride(from: lane, to: accounts.count, by: 2).map { ($0, try login(accounts[$0], at: server)) }
                }
            }
            var tokens = [String](repeating: "", count: accounts.count)
            for try await lane in group { for (index, token) in lane { tokens[index] = token } }
            return tokens
        }
    }
}

extension String {
    /// The first place of a text, without Foundation.
    func range(of text: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
            start = index(after: start)
        }
        return nil
    }
}
