import Testing
import Wire

struct PlainTextTests {
    private let odd = "a b\n\u{1B}[2J\u{9B}31m\u{7F}\u{202E}é\r"

    @Test func `a line is printable ASCII`() {
        #expect(PlainText.line(odd) == "a b??[2J?31m????")
        #expect(PlainText.line("abc", atMost: 2) == "ab")
        #expect(PlainText.line("e\u{301}🇩🇪") == "e???", "each scalar of a character by itself")
    }

    @Test func `a word has no spaces`() {
        #expect(PlainText.word("x code=ok") == "x?code=ok")
        #expect(PlainText.word(odd) == "a?b??[2J?31m????")
        #expect(PlainText.word("friend.request") == "friend.request")
    }

    @Test func `lines keep letters, line feeds and tabs, and nothing that a terminal obeys`() {
        #expect(PlainText.lines("\ta" + odd) == "\taa b\n?[2J?31m?\u{202E}é?")
    }

    @Test func `JSON means the same and has no control`() throws {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("x", odd)
        writer.endObject()
        let text = PlainText.json(String(decoding: writer.bytes, as: UTF8.self))
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
        #expect(try #require(try JSON.parse(Array(text.utf8)).object).string("x") == odd)
        #expect(PlainText.json(#"{"x":"é"}"#) == #"{"x":"é"}"#)
    }
}
