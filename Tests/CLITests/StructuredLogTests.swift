import Logging
import Testing
import Wire

@testable import CLI

@Suite("Structured log")
struct StructuredLogTests {
    private let time = Instant(milliseconds: 1_700_000_000_123)

    @Test("A line of logfmt quotes what would break it apart")
    func logfmt() {
        let line = StructuredLog.logfmt(
            time, .info, "Home", "two words", [("plain", "v1"), ("empty", ""), ("odd", "a=\"b\"\nlevel=error")])
        #expect(
            String(decoding: line, as: UTF8.self)
                == #"time=2023-11-14T22:13:20.123Z level=info from=Home message="two words" "#
                + #"plain=v1 empty="" odd="a=\"b\"\nlevel=error""#)
    }

    @Test("What a terminal obeys is escaped, also above ASCII")
    func controls() {
        let fields = [("odd", "\u{1B}[2J\u{9B}31m\u{7F}"), ("name", "é")]
        let line = StructuredLog.logfmt(time, .info, "Home", "m", fields)
        #expect(String(decoding: line, as: UTF8.self).hasSuffix(#"odd="\u001b[2J\u009b31m\u007f" name=é"#))
        let object = StructuredLog.json(time, .info, "Home", "m", fields)
        #expect(String(decoding: object, as: UTF8.self).hasSuffix(#""odd":"\u001b[2J\u009b31m\u007f","name":"é"}"#))
    }

    @Test("A line of JSON is one object")
    func json() throws {
        let line = StructuredLog.json(time, .warning, "Home", "a\nb", [("peer", "b.example")])
        let object = try #require(try JSON.parse(line).object)
        #expect(try object.string("time") == "2023-11-14T22:13:20.123Z")
        #expect(try object.string("level") == "warning")
        #expect(try object.string("message") == "a\nb")
        #expect(try object.string("peer") == "b.example")
        #expect(!line.contains(UInt8(ascii: "\n")))
    }
}
