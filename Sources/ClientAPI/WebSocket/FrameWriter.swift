import NIOCore

/// Writes the frames of a server (RFC 6455 §5.2: never masked, never fragmented) into a byte buffer.
enum FrameWriter {
    private static let text: UInt8 = 0x81
    private static let close: UInt8 = 0x88
    private static let pong: UInt8 = 0x8A

    /// The most that a frame's header takes.
    static let headerBytes = 10

    static func text(_ payload: [UInt8], to buffer: inout ByteBuffer) {
        header(text, length: payload.count, to: &buffer)
        buffer.writeBytes(payload)
    }

    /// A body that was encoded without its last brace, ended with the number that it has on this stream.
    static func text(_ body: [UInt8], s: Int64, to buffer: inout ByteBuffer) {
        header(text, length: body.count + 6 + digits(of: s), to: &buffer)
        buffer.writeBytes(body)
        buffer.writeStaticString(",\"s\":")
        decimal(s, to: &buffer)
        buffer.writeInteger(UInt8(ascii: "}"))
    }

    static func pong(_ payload: [UInt8], to buffer: inout ByteBuffer) {
        header(pong, length: payload.count, to: &buffer)
        buffer.writeBytes(payload)
    }

    static func close(_ code: UInt16, _ reason: StaticString, to buffer: inout ByteBuffer) {
        header(close, length: 2 + reason.utf8CodeUnitCount, to: &buffer)
        buffer.writeInteger(code)
        buffer.writeStaticString(reason)
    }

    private static func header(_ first: UInt8, length: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(first)
        switch length {
        case ...125:
            buffer.writeInteger(UInt8(length))
        case ...Int(UInt16.max):
            buffer.writeInteger(UInt8(126))
            buffer.writeInteger(UInt16(length))
        default:
            buffer.writeInteger(UInt8(127))
            buffer.writeInteger(UInt64(length))
        }
    }

    /// How many decimal digits a number that is not negative has.
    static func digits(of number: Int64) -> Int {
        var rest = number
        var count = 1
        while rest >= 10 {
            rest /= 10
            count += 1
        }
        return count
    }

    private static func decimal(_ number: Int64, to buffer: inout ByteBuffer) {
        let count = digits(of: number)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: count) { target in
            var rest = number
            var position = count
            while position > 0 {
                position -= 1
                target[position] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            }
            return count
        }
    }
}
