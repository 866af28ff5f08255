import NIOCore
import Testing
import Wire

@testable import ClientAPI

/// The reader of RFC 6455 frames as a table: what a client may send, and how each offence ends.
struct FrameReaderTests {
    /// Feeds the bytes in pieces of a size and returns what came out.
    private func read(_ bytes: [UInt8], pieces: Int = .max) throws(FrameReader.Offence) -> [FrameReader.Input] {
        var reader = FrameReader()
        var inputs: [FrameReader.Input] = []
        var position = 0
        while position < bytes.count {
            let end = min(bytes.count, position + min(pieces, bytes.count))
            reader.append(ByteBuffer(bytes: bytes[position..<end]))
            while let input = try reader.next() { inputs.append(input) }
            position = end
        }
        return inputs
    }

    private func offence(_ bytes: [UInt8]) -> CloseCode? {
        do throws(FrameReader.Offence) {
            _ = try read(bytes)
            return nil
        } catch {
            return error.code
        }
    }

    @Test("a message of any length is unmasked, however the bytes arrive", arguments: [1, 2, 3, 7, 100, Int.max])
    func lengths(pieces: Int) throws {
        var bytes: [UInt8] = []
        var expected: [FrameReader.Input] = []
        for length in [0, 1, 7, 8, 9, 125, 126, 127, 1000, 65_535, 65_536] {
            let text = (0..<length).map { UInt8(ascii: "a") + UInt8($0 % 26) }
            bytes += ClientBytes.frame(text, mask: 0x1234_5678 &+ UInt32(length))
            expected.append(.text(text))
        }
        #expect(try read(bytes, pieces: pieces) == expected)
    }

    @Test("fragments are joined, and control frames may come between them", arguments: [1, 5, Int.max])
    func fragments(pieces: Int) throws {
        let bytes =
            ClientBytes.frame("Gr", final: false) + ClientBytes.frame(ping: "!")
            + ClientBytes.frame(continuation: [0xC3], final: false) + ClientBytes.frame(continuation: [], final: false)
            + ClientBytes.frame(continuation: [0xBC] + Array("n".utf8), final: true) + ClientBytes.frame("next")
        #expect(
            try read(bytes, pieces: pieces) == [.ping([0x21]), .text(Array("Grün".utf8)), .text(Array("next".utf8))])
    }

    @Test("a whole message may have 64 KiB in fragments and not one byte more")
    func fragmentedSize() throws {
        let half = [UInt8](repeating: 0x61, count: 32_768)
        let first = ClientBytes.frame(half, final: false)
        #expect(try read(first + ClientBytes.frame(continuation: half, final: true)).count == 1)
        #expect(offence(first + ClientBytes.frame(continuation: half + [0x61], final: true)) == .tooLarge)
    }

    @Test("a frame that is too long is refused by its header, before its bytes are there")
    func announcedSize() {
        #expect(offence([0x81, 0xFF, 0, 0, 0, 0, 0, 1, 0, 1]) == .tooLarge)
        #expect(offence([0x81, 0xFF, 0, 0, 1, 0, 0, 0, 0, 0]) == .tooLarge)
        #expect(offence([0x81, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF]) == .protocolError)
    }

    @Test("too many fragments of nothing")
    func emptyFragments() {
        var bytes = ClientBytes.frame("", final: false)
        for _ in 0..<FrameReader.maximumFragments { bytes += ClientBytes.frame(continuation: [], final: false) }
        #expect(offence(bytes) == .policyViolation)
    }

    @Test(
        "offences",
        arguments: [
            ("unmasked", [0x81, 0x01, 0x61], CloseCode.protocolError),
            ("reserved bit 1", [0xC1, 0x80], .protocolError),
            ("reserved bit 3", [0x91, 0x80], .protocolError),
            ("unknown opcode", [0x83, 0x80], .protocolError),
            ("unknown control opcode", [0x8B, 0x80], .protocolError),
            ("fragmented ping", [0x09, 0x80], .protocolError),
            ("long ping", [0x89, 0xFE, 0x00, 0x7E], .protocolError),
            ("continuation of nothing", ClientBytes.frame(continuation: [0x61], final: true), .protocolError),
            ("text within fragments", ClientBytes.frame("a", final: false) + ClientBytes.frame("b"), .protocolError),
            ("two bytes for a short length", [0x81, 0xFE, 0x00, 0x7D], .protocolError),
            ("eight bytes for a short length", [0x81, 0xFF, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], .protocolError),
            ("invalid UTF-8", ClientBytes.frame([0xC3, 0x28]), .invalidUTF8),
            ("a surrogate in UTF-8", ClientBytes.frame([0xED, 0xA0, 0x80]), .invalidUTF8),
            ("half a character at the end", ClientBytes.frame([0x61, 0xC3]), .invalidUTF8),
            ("a close of one byte", ClientBytes.frame(close: [0x03]), .protocolError),
            ("a close code that must not be sent", ClientBytes.frame(close: [0x03, 0xED]), .protocolError),
            ("a close code of nobody", ClientBytes.frame(close: [0x03, 0xE7]), .protocolError),
            ("a close reason that is not UTF-8", ClientBytes.frame(close: [0x03, 0xE8, 0xFF]), .invalidUTF8),
        ] as [(String, [UInt8], CloseCode)])
    func offences(what: String, bytes: [UInt8], code: CloseCode) {
        #expect(offence(bytes) == code, "\(what)")
    }

    @Test("closes")
    func closes() throws {
        #expect(try read(ClientBytes.frame(close: [])) == [.close(nil)])
        #expect(try read(ClientBytes.frame(close: [0x03, 0xE9] + Array("tschüß".utf8))) == [.close(1001)])
        #expect(try read(ClientBytes.frame(close: [0x0F, 0xA0])) == [.close(4000)])
    }

    @Test("binary frames and pongs are told apart")
    func others() throws {
        #expect(try read([0x82, 0x81, 0, 0, 0, 0, 0xFF] + [0x8A, 0x80, 1, 2, 3, 4]) == [.binary, .pong])
    }
}

/// The writer of our own frames, as bytes.
struct FrameWriterTests {
    private func written(_ write: (inout ByteBuffer) -> Void) -> [UInt8] {
        var buffer = ByteBuffer()
        write(&buffer)
        return Array(buffer.readableBytesView)
    }

    @Test("the three forms of a length", arguments: [0, 125, 126, 65_535, 65_536])
    func lengths(length: Int) {
        let body = [UInt8](repeating: 0x20, count: length)
        let bytes = written { FrameWriter.text(body, to: &$0) }
        #expect(bytes[0] == 0x81)
        let header =
            switch length {
            case ...125: [UInt8(length)]
            case ...65_535: [126, UInt8(length >> 8), UInt8(length & 255)]
            default: [127, 0, 0, 0, 0, 0, UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255)]
            }
        #expect(Array(bytes[1..<1 + header.count]) == header)
        #expect(bytes.count == 1 + header.count + length)
    }

    @Test("a body gets its number and its last brace", arguments: [1, 9, 10, 99, 100, 12_345, Int64.max])
    func numbered(s: Int64) {
        let bytes = written { FrameWriter.text(Array(#"{"type":"x""#.utf8), s: s, to: &$0) }
        #expect(String(decoding: bytes[2...], as: UTF8.self) == #"{"type":"x","s":\#(s)}"#)
        #expect(Int(bytes[1]) == bytes.count - 2)
    }

    @Test("a close carries its code and its reason")
    func close() {
        for code in CloseCode.allCases {
            let bytes = written { FrameWriter.close(code.rawValue, code.reason, to: &$0) }
            #expect(bytes[0] == 0x88)
            #expect(Int(bytes[1]) == bytes.count - 2 && bytes[1] <= 125)
            #expect(UInt16(bytes[2]) << 8 | UInt16(bytes[3]) == code.rawValue)
        }
    }
}
