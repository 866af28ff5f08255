/// Frames as a client puts them on the wire, byte by byte, so that a test can also do it wrong.
enum ClientBytes {
    static func frame(_ payload: [UInt8], opcode: UInt8 = 1, final: Bool = true, mask: UInt32 = 0xA1B2_C3D4) -> [UInt8]
    {
        var bytes = [(final ? 0x80 : 0) | opcode]
        switch payload.count {
        case ...125: bytes.append(0x80 | UInt8(payload.count))
        case ...65_535: bytes += [0x80 | 126, UInt8(payload.count >> 8), UInt8(payload.count & 255)]
        default:
            bytes += [0x80 | 127]
            bytes += (0..<8).map { UInt8(truncatingIfNeeded: payload.count >> (56 - 8 * $0)) }
        }
        let key = (0..<4).map { UInt8(truncatingIfNeeded: mask >> UInt32(24 - 8 * $0)) }
        return bytes + key + payload.enumerated().map { $1 ^ key[$0 & 3] }
    }

    static func frame(_ text: String, final: Bool = true) -> [UInt8] { frame(Array(text.utf8), final: final) }
    static func frame(ping text: String) -> [UInt8] { frame(Array(text.utf8), opcode: 9) }
    static func frame(close payload: [UInt8]) -> [UInt8] { frame(payload, opcode: 8) }
    static func frame(close code: UInt16) -> [UInt8] { frame(close: [UInt8(code >> 8), UInt8(code & 255)]) }

    static func frame(continuation payload: [UInt8], final: Bool) -> [UInt8] {
        frame(payload, opcode: 0, final: final)
    }

    /// The request that begins a WebSocket; `headers` replace the usual ones, an empty value leaves one out.
    static func handshake(_ target: String, headers: [String: String] = [:]) -> [UInt8] {
        var all = [
            "Host": "localhost", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        ]
        all.merge(headers) { _, given in given }
        var head = "GET \(target) HTTP/1.1\r\n"
        for (name, value) in all.sorted(by: { $0.key < $1.key }) where !value.isEmpty {
            head += "\(name): \(value)\r\n"
        }
        return Array((head + "\r\n").utf8)
    }
}
