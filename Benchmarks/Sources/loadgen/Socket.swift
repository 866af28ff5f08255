import Glibc

/// One WebSocket of the load: writes masked text frames, takes whole frames out of what it has read. Lives on the loop's one thread.
final class Socket {
    let descriptor: Int32
    /// Which pair it belongs to, and on which side.
    var pair = 0
    var isSender = false
    private var incoming: [UInt8] = []
    private var start = 0
    private var outgoing: [UInt8] = []
    var wantsWrite: Bool { !outgoing.isEmpty }

    init(port: UInt16, authority: String, token: String) throws {
        descriptor = try Loopback.connect(port: port)
        let request =
            "GET /ws?token=\(token) HTTP/1.1\r\nHost: \(authority)\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        try Loopback.write(Array(request.utf8), to: descriptor)
        let (head, rest) = try Loopback.readHead(from: descriptor)
        guard head.hasPrefix("HTTP/1.1 101") else { throw Failure("upgrade: \(head.prefix { $0 != "\r\n" })") }
        incoming = rest
        _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    }

    deinit { close(descriptor) }

    /// Sends a text frame; what the kernel does not take at once waits for `flush`.
    func send(_ text: [UInt8]) throws {
        var header: [UInt8] = [0x81]
        if text.count < 126 {
            header.append(0x80 | UInt8(text.count))
        } else {
            header += [0xfe, UInt8(text.count >> 8), UInt8(text.count & 0xff)]
        }
        // A mask of zeros is a mask; the server unmasks all the same.
        header += [0, 0, 0, 0]
        let wasEmpty = outgoing.isEmpty
        outgoing += header
        outgoing += text
        if wasEmpty { try flush() }
    }

    func flush() throws {
        let count = outgoing.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard count >= 0 else {
            guard errno == EAGAIN else { throw Failure.system("send") }
            return
        }
        outgoing.removeFirst(count)
    }

    /// Reads what has come and hands over each whole frame's payload.
    func read(_ buffer: UnsafeMutableRawBufferPointer, _ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        while true {
            let count = recv(descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else {
                if count == 0 { throw Failure("the homeserver closed a socket") }
                guard errno == EAGAIN else { throw Failure.system("recv") }
                break
            }
            incoming.append(contentsOf: UnsafeRawBufferPointer(rebasing: buffer[0..<count]))
            if count < buffer.count { break }
        }
        try takeFrames(take)
    }

    func takeFrames(_ take: (UnsafeRawBufferPointer) throws -> Void) throws {
        try incoming.withUnsafeBytes { bytes in
            while bytes.count - start >= 2 {
                var length = Int(bytes[start + 1] & 0x7f)
                var header = 2
                if length == 126 {
                    guard bytes.count - start >= 4 else { return }
                    length = Int(bytes[start + 2]) << 8 | Int(bytes[start + 3])
                    header = 4
                } else if length == 127 {
                    guard bytes.count - start >= 10 else { return }
                    length = (2..<10).reduce(0) { $0 << 8 | Int(bytes[start + $1]) }
                    header = 10
                }
                guard bytes.count - start >= header + length else { return }
                let payload = UnsafeRawBufferPointer(rebasing: bytes[start + header..<start + header + length])
                let opcode = bytes[start] & 0x0f
                start += header + length
                if opcode == 8 { throw Failure("the homeserver closed a socket with \(closeCode(payload))") }
                if opcode == 1 { try take(payload) }
            }
        }
        incoming.removeFirst(start)
        start = 0
    }

    private func closeCode(_ payload: UnsafeRawBufferPointer) -> Int {
        payload.count >= 2 ? Int(payload[0]) << 8 | Int(payload[1]) : 1005
    }
}
