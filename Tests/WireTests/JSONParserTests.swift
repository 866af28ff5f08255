import Testing
import Wire

@Suite struct JSONParserTests {
    @Test(arguments: [
        ("null", JSON.null), ("true", .bool(true)), (" false\n", .bool(false)), ("\t[]\r\n", .array([])),
        ("0", .integer(0)), ("-0", .integer(0)), ("-1", .integer(-1)), ("1234567890", .integer(1_234_567_890)),
        ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
        ("9223372036854775808", .number(9_223_372_036_854_775_808)), ("1.0", .number(1)), ("-0.5", .number(-0.5)),
        ("1e3", .number(1000)), ("1E+3", .number(1000)), ("25e-1", .number(2.5)), ("0e0", .number(0)),
        ("0.0", .number(0)), ("1e-999", .number(0)),
        (#""""#, .string("")), (#""abc""#, .string("abc")), (#""\"\\\/\b\f\n\r\t""#, .string("\"\\/\u{8}\u{c}\n\r\t")),
        (#""\u0041\u00e9\u20AC""#, .string("Aé€")), (#""\ud83d\ude00""#, .string("😀")),
        (#""\uD834\uDD1Ex""#, .string("𝄞x")), (#""é€😀""#, .string("é€😀")), (#""a\u0001é""#, .string("a\u{1}é")),
        ("\"\u{7f}\u{2028}\u{2029}\u{feff}\u{10ffff}\"", .string("\u{7f}\u{2028}\u{2029}\u{feff}\u{10ffff}")),
        (#""\uffff""#, .string("\u{ffff}")), (#""\udbff\udfff""#, .string("\u{10ffff}")),
        ("[1,[2,[]],{}]", .array([.integer(1), .array([.integer(2), .array([])]), .object(JSONObject())])),
        ("[ 1 , 2 ]", .array([.integer(1), .integer(2)])), ("[null,true]", .array([.null, .bool(true)])),
    ])
    func accepts(_ text: String, _ expected: JSON) throws {
        #expect(try JSON.parse(text) == expected)
        #expect(try JSON.parse(Array(text.utf8)) == expected)
        #expect(try JSON.parse(AnyCollection(Array(text.utf8))) == expected)
    }

    @Test(arguments: [
        ("", JSONError.Problem.empty, 0), ("  ", .empty, 2), ("nul", .unexpectedEnd, 3), ("nulL", .unexpectedByte, 3),
        ("NaN", .unexpectedByte, 0), ("Infinity", .unexpectedByte, 0), ("-Infinity", .invalidNumber, 1),
        ("True", .unexpectedByte, 0), ("'a'", .unexpectedByte, 0), ("1 2", .trailingBytes, 2),
        ("{}}", .trailingBytes, 2), ("[1]x", .trailingBytes, 3), ("\u{feff}[]", .unexpectedByte, 0),
        ("01", .invalidNumber, 0), ("-01", .invalidNumber, 1), ("00", .invalidNumber, 0), ("-", .unexpectedEnd, 1),
        ("+1", .unexpectedByte, 0), (".5", .unexpectedByte, 0), ("1.", .unexpectedEnd, 2), ("[1.]", .invalidNumber, 3),
        ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("[1e]", .invalidNumber, 3), ("1.e1", .invalidNumber, 2),
        ("0x10", .trailingBytes, 1), ("1_000", .trailingBytes, 1), ("1e999", .numberOutOfRange, 0),
        ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2), ("[1,", .unexpectedEnd, 3), ("[1,]", .unexpectedByte, 3),
        ("[,1]", .unexpectedByte, 1), ("[1 2]", .unexpectedByte, 3), ("]", .unexpectedByte, 0),
        ("[1}", .unexpectedByte, 2), ("[1,,2]", .unexpectedByte, 3), ("[/**/]", .unexpectedByte, 1),
        ("{", .unexpectedEnd, 1), (#"{"a""#, .unexpectedEnd, 4), (#"{"a":"#, .unexpectedEnd, 5),
        (#"{"a":1"#, .unexpectedEnd, 6), (#"{"a":1,"#, .unexpectedEnd, 7), (#"{"a":1,}"#, .unexpectedByte, 7),
        (#"{"a" 1}"#, .unexpectedByte, 5), (#"{a:1}"#, .unexpectedByte, 1), (#"{1:1}"#, .unexpectedByte, 1),
        (#"{"a":1 "b":2}"#, .unexpectedByte, 7), (#"{"a":1]"#, .unexpectedByte, 6), (#"{"a"}"#, .unexpectedByte, 4),
        (#"{"a":1,"a":2}"#, .duplicateKey, 7), (#"{"a":1,"\u0061":2}"#, .duplicateKey, 7),
        ("{\"\u{e9}\":1,\"e\u{301}\":2}", .duplicateKey, 8), (#"[{"x":{"b":1,"b":1}}]"#, .duplicateKey, 13),
        (#"""#, .unexpectedEnd, 1), (#""abc"#, .unexpectedEnd, 4), (#""\"#, .unexpectedEnd, 2),
        (#""\x""#, .invalidEscape, 2), (#""\u12""#, .unexpectedEnd, 6), (#""\u12G4""#, .invalidEscape, 5),
        (#""\U0041""#, .invalidEscape, 2), (#""\u0000""#, .nullCharacter, 1), (#""ab\u0000""#, .nullCharacter, 3),
        (#""\ud800""#, .loneSurrogate, 1), (#""\udc00""#, .loneSurrogate, 1), (#""\ud800x""#, .loneSurrogate, 1),
        (#""\ud800\u0041""#, .loneSurrogate, 1), (#""\ud800\ud800""#, .loneSurrogate, 1),
        (#""\ud800\n""#, .loneSurrogate, 1), (#""\ud8"#, .unexpectedEnd, 5),
        ("\"a\u{0}\"", .nullCharacter, 2), ("\"a\nb\"", .controlCharacter, 2), ("\"\\n\t\"", .controlCharacter, 3),
        ("\"\u{1f}\"", .controlCharacter, 1),
    ])
    func refuses(_ text: String, _ problem: JSONError.Problem, _ offset: Int) {
        #expect(throws: JSONError(problem, at: offset)) { try JSON.parse(text) }
    }

    @Test(
        arguments: [
            ([0x80], 0), ([0xBF], 0), ([0xC0, 0x80], 0), ([0xC1, 0xBF], 0), ([0xC2], 0), ([0xC2, 0x41], 0),
            ([0x41, 0xE0, 0x80, 0x80], 1), ([0xE0, 0x9F, 0xBF], 0), ([0xE2, 0x82], 0), ([0xE2, 0x28, 0xA1], 0),
            ([0xED, 0xA0, 0x80], 0), ([0xED, 0xBF, 0xBF], 0), ([0xF0, 0x80, 0x80, 0x80], 0),
            ([0xF0, 0x8F, 0xBF, 0xBF], 0),
            ([0xF4, 0x90, 0x80, 0x80], 0), ([0xF5, 0x80, 0x80, 0x80], 0), ([0xFF], 0), ([0xFE], 0),
            ([0xF0, 0x9F, 0x98], 0), ([0xF0, 0x9F, 0x98, 0x41], 0), ([0xC3, 0xA9, 0xE2, 0x82, 0x41], 2),
        ] as [([UInt8], Int)])
    func refusesInvalidUTF8(_ bytes: [UInt8], _ offset: Int) {
        let plain = [0x22] + bytes + [0x22]
        #expect(throws: JSONError(.invalidUTF8, at: offset + 1)) { try JSON.parse(plain) }
        let behindEscape = Array(#""\n"#.utf8) + bytes + [0x22]
        #expect(throws: JSONError(.invalidUTF8, at: offset + 3)) { try JSON.parse(behindEscape) }
        let beforeEscape = [0x22] + bytes + Array(#"\n""#.utf8)
        #expect(throws: JSONError(.invalidUTF8, at: offset + 1)) { try JSON.parse(beforeEscape) }
        bytes.withUnsafeBufferPointer { #expect(UTF8Validation.firstInvalid(in: $0) == offset) }
    }

    @Test func strayBytesOutsideStringsAreReportedAsInvalidUTF8() {
        #expect(throws: JSONError(.invalidUTF8, at: 1)) { try JSON.parse([0x5B, 0xFF, 0x5D]) }
        #expect(throws: JSONError(.unexpectedByte, at: 1)) { try JSON.parse([0x5B, 0xC3, 0xA9, 0x5D]) }
    }

    @Test func everyScalarAtTheEdgesOfUTF8IsAccepted() throws {
        for code in [0x80, 0x7FF, 0x800, 0xFFF, 0x1000, 0xD7FF, 0xE000, 0xFFFF, 0x10000, 0x3FFFF, 0x40000, 0x10FFFF] {
            let scalar = try #require(Unicode.Scalar(UInt32(code)))
            let text = String(Character(scalar))
            #expect(try JSON.parse("\"\(text)\"") == .string(text))
        }
    }

    @Test func depthIsLimited() throws {
        #expect(throws: Never.self) {
            try JSON.parse(String(repeating: "[", count: 16) + String(repeating: "]", count: 16))
        }
        #expect(throws: JSONError(.tooDeep, at: 16)) {
            try JSON.parse(String(repeating: "[", count: 17) + String(repeating: "]", count: 17))
        }
        #expect(throws: JSONError(.tooDeep, at: 80)) { try JSON.parse(String(repeating: #"{"a":"#, count: 100_000)) }
        let wide = "[" + Array(repeating: "[[]]", count: 100).joined(separator: ",") + "]"
        #expect(throws: Never.self) { try JSON.parse(wide, limits: JSONLimits(depth: 3)) }
        #expect(throws: JSONError(.tooDeep, at: 2)) { try JSON.parse(wide, limits: JSONLimits(depth: 2)) }
    }

    @Test func valuesAreCounted() throws {
        let array = "[" + Array(repeating: "0", count: 19_999).joined(separator: ",") + "]"
        #expect(throws: Never.self) { try JSON.parse(array) }
        let oneMore = "[0," + array.dropFirst()
        #expect(throws: JSONError(.tooManyValues, at: 40_000 - 1)) { try JSON.parse(oneMore) }
        #expect(throws: JSONError(.tooManyValues, at: 5)) {
            try JSON.parse(#"{"a":1}"#, limits: JSONLimits(nodes: 2))
        }
    }

    @Test func duplicatesAreFoundAmongManyKeys() throws {
        for count in [15, 16, 17, 40] {
            let members = (0..<count).map { #""k\#($0)":\#($0)"# }
            let object = try #require(try JSON.parse("{" + members.joined(separator: ",") + "}").object)
            #expect(object.count == count)
            #expect(object.keys.last == "k\(count - 1)")
            for repeated in [0, count / 2, count - 1] {
                let text = "{" + (members + [#""k\#(repeated)":0"#]).joined(separator: ",") + "}"
                let start = text.utf8.count - #""k\#(repeated)":0}"#.utf8.count
                #expect(throws: JSONError(.duplicateKey, at: start)) { try JSON.parse(text) }
            }
        }
    }

    @Test func longNumbersAreRefusedUnread() {
        let long = String(repeating: "1", count: 65)
        #expect(throws: JSONError(.numberOutOfRange, at: 0)) { try JSON.parse(long) }
        #expect(throws: Never.self) { try JSON.parse(String(repeating: "1", count: 64)) }
    }

    @Test func cuttingAFrameAnywhereIsAnErrorNeverACrash() {
        let frame = Array(#"{"type":"x","n":-12.5e3,"t":[true,null,"é\u00e9\ud83d\ude00"],"o":{"a":{}}}"#.utf8)
        for end in 0..<frame.count {
            #expect(throws: JSONError.self) { try JSON.parse(frame[..<end]) }
        }
        #expect(throws: Never.self) { try JSON.parse(frame[...]) }
    }
}
