import NIOCore

/// Reads the frames that we write, as a client would.
enum ServerBytes {
    /// The payloads of all frames, which must be whole text frames.
    static func texts(in buffer: ByteBuffer) -> [String] {
        var bytes = Array(buffer.readableBytesView)
        var texts: [String] = []
        while let (frame, length) = frame(in: bytes) {
            texts.append(frame.opcode == 1 ? frame.text : "opcode \(frame.opcode)")
            bytes.removeFirst(length)
        }
        return bytes.isEmpty ? texts : texts + ["\(bytes.count) bytes more"]
    }

    struct Frame: Equatable {
        let opcode: UInt8
        let payload: [UInt8]
        var text: String { String(decoding: payload, as: UTF8.self) }
        /// Of a close frame.
        var code: UInt16? { payload.count < 2 ? nil : UInt16(payload[0]) << 8 | UInt16(payload[1]) }
    }

    /// The first frame and how many bytes it takes; nil when it is not whole.
    static func frame(in bytes: [UInt8]) -> (Frame, Int)? {
        guard bytes.count >= 2 else { return nil }
        var header = 2
        var length = Int(bytes[1] & 0x7F)
        if length >= 126 {
            header += length == 126 ? 2 : 8
            guard bytes.count >= header else { return nil }
            length = bytes[2..<header].reduce(0) { $0 << 8 | Int($1) }
        }
        guard bytes.count >= header + length else { return nil }
        return (Frame(opcode: bytes[0] & 0x0F, payload: Array(bytes[header..<header + length])), header + length)
    }
}
