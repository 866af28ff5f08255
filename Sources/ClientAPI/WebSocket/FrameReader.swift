import NIOCore
import Wire

/// Reads the WebSocket frames of a client (RFC 6455 §5) out of a byte stream and joins fragments; a pure state machine
/// that `WebSocketSession` feeds.
///
/// It is our own because swift-nio's decoder leaves to its user what a server must check: masks, reserved bits, unknown
/// opcodes, minimal lengths, the order of fragments. An idle reader owns no memory. What is held is bounded by
/// `Limits.frameBytes` plus one read, however long a frame announces itself to be.
struct FrameReader {
    /// What one call of `next` found.
    enum Input: Equatable {
        case text([UInt8])
        case binary
        case ping([UInt8])
        case pong
        /// The client closes; nil when it gave no code.
        case close(UInt16?)
    }

    /// The client broke the protocol: the connection must be failed with this code (RFC 6455 §7.1.7).
    struct Offence: Error, Equatable {
        let code: CloseCode
    }

    /// Fragments of one message; more are work without content.
    static let maximumFragments = 128

    private enum Opcode: UInt8 {
        case continuation = 0x0
        case text = 0x1
        case binary = 0x2
        case close = 0x8
        case ping = 0x9
        case pong = 0xA
    }

    /// A frame's header, read and checked.
    private struct Header {
        let opcode: Opcode
        let isFinal: Bool
        let headerLength: Int
        let length: Int
        let mask: UInt32
    }

    private var bytes: ByteBuffer?
    /// Whether `bytes` is still the channel's receive buffer.
    private var isBorrowed = false
    private var joined: [UInt8] = []
    /// The kind of the message whose fragments are being joined.
    private var joining: Opcode?
    private var fragments = 0

    /// Takes what the socket received; call `next` until it finds nothing more.
    mutating func append(_ received: ByteBuffer) {
        guard var held = bytes else {
            bytes = received
            isBorrowed = true
            return
        }
        bytes = nil
        var received = received
        held.discardReadBytes()
        held.writeBuffer(&received)
        bytes = held
    }

    /// The next message or control frame; nil when more bytes are needed.
    mutating func next() throws(Offence) -> Input? {
        while let header = try header() {
            guard let payload = payload(of: header) else { break }
            if let input = try input(header, payload) { return input }
        }
        settle()
        return nil
    }

    // MARK: One frame

    private func header() throws(Offence) -> Header? {
        guard let bytes, let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return nil }
        // RSV1–3 belong to extensions, and none was agreed on.
        guard first & 0x70 == 0, let opcode = Opcode(rawValue: first & 0x0F) else {
            throw Offence(code: .protocolError)
        }
        let isFinal = first & 0x80 != 0
        guard let second = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt8.self) else { return nil }
        guard second & 0x80 != 0 else { throw Offence(code: .protocolError) }
        guard let (length, lengthBytes) = try length(second & 0x7F, in: bytes) else { return nil }
        try check(opcode, isFinal: isFinal, length: length)
        guard let mask = bytes.getInteger(at: bytes.readerIndex + 2 + lengthBytes, as: UInt32.self) else { return nil }
        return Header(
            opcode: opcode, isFinal: isFinal, headerLength: 6 + lengthBytes, length: length, mask: mask)
    }

    /// The payload's length and how many bytes said so; the shortest form is a MUST (RFC 6455 §5.2).
    private func length(_ short: UInt8, in bytes: ByteBuffer) throws(Offence) -> (length: Int, bytes: Int)? {
        switch short {
        case 126:
            guard let length = bytes.getInteger(at: bytes.readerIndex + 2, as: UInt16.self) else { return nil }
            guard length > 125 else { throw Offence(code: .protocolError) }
            return (Int(length), 2)
        case 127:
            guard let length = bytes.getInteger(at: bytes.readerIndex + 2, as: UInt64.self) else { return nil }
            guard length > UInt64(UInt16.max), let length = Int(exactly: length) else {
                throw Offence(code: .protocolError)
            }
            return (length, 8)
        default:
            return (Int(short), 0)
        }
    }

    private func check(_ opcode: Opcode, isFinal: Bool, length: Int) throws(Offence) {
        switch opcode {
        case .close, .ping, .pong:
            guard isFinal, length <= 125 else { throw Offence(code: .protocolError) }
            return
        case .text, .binary:
            guard joining == nil else { throw Offence(code: .protocolError) }
        case .continuation:
            guard joining != nil else { throw Offence(code: .protocolError) }
            guard fragments < FrameReader.maximumFragments else { throw Offence(code: .policyViolation) }
        }
        guard length <= Limits.frameBytes - joined.count else { throw Offence(code: .tooLarge) }
    }

    /// The unmasked payload, once all of it has arrived.
    private mutating func payload(of header: Header) -> [UInt8]? {
        guard var held = bytes, held.readableBytes - header.headerLength >= header.length else { return nil }
        held.moveReaderIndex(forwardBy: header.headerLength)
        let payload = held.withUnsafeReadableBytes { readable in
            FrameReader.unmask(UnsafeRawBufferPointer(rebasing: readable[..<header.length]), mask: header.mask)
        }
        held.moveReaderIndex(forwardBy: header.length)
        bytes = held
        return payload
    }

    private mutating func input(_ header: Header, _ payload: [UInt8]) throws(Offence) -> Input? {
        switch header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong
        case .close: return .close(try FrameReader.closeCode(payload))
        case .text, .binary:
            guard !header.isFinal else { return try message(header.opcode, payload) }
            joining = header.opcode
            joined = payload
            fragments = 1
            return nil
        case .continuation:
            joined.append(contentsOf: payload)
            fragments += 1
            guard header.isFinal, let opcode = joining else { return nil }
            let whole = joined
            joined = []
            joining = nil
            fragments = 0
            return try message(opcode, whole)
        }
    }

    private func message(_ opcode: Opcode, _ payload: [UInt8]) throws(Offence) -> Input {
        guard opcode == .text else { return .binary }
        guard payload.withUnsafeBufferPointer(UTF8Validation.isValid) else { throw Offence(code: .invalidUTF8) }
        return .text(payload)
    }

    /// RFC 6455 §5.5.1 and §7.4: a code alone or with a reason in UTF-8, and only codes that may be sent.
    private static func closeCode(_ payload: [UInt8]) throws(Offence) -> UInt16? {
        guard !payload.isEmpty else { return nil }
        guard payload.count >= 2 else { throw Offence(code: .protocolError) }
        let code = UInt16(payload[0]) << 8 | UInt16(payload[1])
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: break
        default: throw Offence(code: .protocolError)
        }
        let isText = payload.dropFirst(2).withUnsafeBufferPointer(UTF8Validation.isValid)
        guard isText else { throw Offence(code: .invalidUTF8) }
        return code
    }

    // MARK: Bytes

    /// Gives back what was borrowed: a part of a frame that has to wait is copied into a buffer of its own, so that the
    /// channel's receive buffer is free again.
    private mutating func settle() {
        guard let held = bytes else { return }
        if held.readableBytes == 0 {
            bytes = nil
        } else if isBorrowed {
            bytes = ByteBuffer(bytes: held.readableBytesView)
            isBorrowed = false
        }
    }

    /// RFC 6455 §5.3, eight bytes at a time.
    private static func unmask(_ masked: UnsafeRawBufferPointer, mask: UInt32) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: masked.count) { plain, count in
            let inMemoryOrder = mask.bigEndian
            let wide = UInt64(inMemoryOrder) << 32 | UInt64(inMemoryOrder)
            let target = UnsafeMutableRawBufferPointer(plain)
            var position = 0
            while position + 8 <= masked.count {
                let word = masked.loadUnaligned(fromByteOffset: position, as: UInt64.self) ^ wide
                target.storeBytes(of: word, toByteOffset: position, as: UInt64.self)
                position += 8
            }
            while position < masked.count {
                let shift = UInt32(24 - 8 * (position & 3))
                plain[position] = masked[position] ^ UInt8(truncatingIfNeeded: mask >> shift)
                position += 1
            }
            count = masked.count
        }
    }
}
