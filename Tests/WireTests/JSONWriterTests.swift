import Testing
import Wire

@Suite struct JSONWriterTests {
    private struct Point: JSONWritable {
        var x: Int

        func write(to writer: inout JSONWriter) {
            writer.beginObject()
            writer.field("x", x)
            writer.endObject()
        }
    }

    private func text(_ build: (inout JSONWriter) -> Void) -> String {
        var writer = JSONWriter()
        build(&writer)
        return String(decoding: writer.bytes, as: UTF8.self)
    }

    @Test func commasPlaceThemselves() {
        let written = text { writer in
            writer.beginObject()
            writer.field("a", 1)
            writer.key("b")
            writer.beginArray()
            writer.value("x")
            writer.beginObject()
            writer.endObject()
            writer.beginArray()
            writer.endArray()
            writer.null()
            writer.value(true)
            writer.endArray()
            writer.field("c", false)
            writer.key(escaping: "d\"")
            writer.raw(Array("[1,2]".utf8))
            writer.field("e", Point(x: 2))
            writer.field("f", [Point(x: 3), Point(x: 4)])
            writer.field("g", ["p", "q"])
            writer.null("h")
            writer.endObject()
        }
        #expect(
            written == #"{"a":1,"b":["x",{},[],null,true],"c":false,"d\"":[1,2],"e":{"x":2},"#
                + #""f":[{"x":3},{"x":4}],"g":["p","q"],"h":null}"#)
    }

    @Test func absentValuesLeaveTheFieldOut() {
        let written = text { writer in
            writer.beginObject()
            writer.field("a", String?.none)
            writer.field("b", Int?.none)
            writer.field("c", Int64?.none)
            writer.field("d", Bool?.none)
            writer.field("e", Instant?.none)
            writer.field("f", MessageID?.none)
            writer.field("g", UserID?.none)
            writer.field("h", Point?.none)
            writer.field("i", UInt8?.none)
            writer.field("j", ServerName?.none)
            writer.field("k", UInt8?.some(7))
            writer.field("l", String?.some("x"))
            writer.endObject()
        }
        #expect(written == #"{"k":7,"l":"x"}"#)
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), ("\"\\/", #""\"\\/""#), ("\u{8}\u{9}\n\u{c}\r", #""\b\t\n\f\r""#),
        ("\u{0}\u{1}\u{1f}", #""\u0000\u0001\u001f""#), ("a\nb\nc", #""a\nb\nc""#),
        ("é😀\u{7f}\u{2028}", "\"é😀\u{7f}\u{2028}\""),
    ])
    func escapesWhatItMust(_ value: String, _ expected: String) {
        #expect(text { $0.value(value) } == expected)
    }

    @Test func numbers() {
        #expect(text { $0.value(Int64.min) } == "-9223372036854775808")
        #expect(text { $0.value(Int64.max) } == "9223372036854775807")
        #expect(text { $0.value(UInt64.max) } == "18446744073709551615")
        #expect(text { $0.value(UInt16(0)) } == "0")
        #expect(text { $0.value(-10) } == "-10")
        #expect(text { $0.value(0.5) } == "0.5")
        #expect(text { $0.value(Double.infinity) } == "null")
        #expect(text { $0.value(Double.nan) } == "null")
    }

    @Test func ourOwnKinds() throws {
        let id = try #require(MessageID("0190b6f0-1111-7222-8333-444455556666"))
        let user = try #require(UserID("alice@alpha.example"))
        let written = text { writer in
            writer.beginObject()
            writer.field("id", id)
            writer.field("at", Instant(milliseconds: 1_700_000_000_123))
            writer.field("user", user)
            writer.field("server", user.server)
            writer.endObject()
        }
        #expect(
            written == #"{"id":"0190b6f0-1111-7222-8333-444455556666","at":"2023-11-14T22:13:20.123Z","#
                + #""user":"alice@alpha.example","server":"alpha.example"}"#)
    }
}
