import Testing
import Wire

@Suite struct EncodingTests {
    /// RFC 4648 §10.
    @Test(arguments: [
        ("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg=="), ("fooba", "Zm9vYmE="),
        ("foobar", "Zm9vYmFy"),
    ])
    func base64Vectors(_ plain: String, _ encoded: String) {
        #expect(Base64.encode(Array(plain.utf8)) == encoded)
        #expect(Base64.decode(encoded) == Array(plain.utf8))
        let bare = String(encoded.prefix { $0 != "=" })
        #expect(Base64.encode(Array(plain.utf8), .urlSafe) == bare)
        #expect(Base64.decode(bare, .urlSafe) == Array(plain.utf8))
    }

    @Test(arguments: [
        "Z", "Zg", "Zg=", "Zg===", "=", "====", "Zh==", "Zm9=", "Zm8", "Zm 9v", "Zm9v\n", "Zm9v====", "Zg==Zg==",
        "Z=g=",
        "-_-_", "Zm9é",
    ])
    func onlyCanonicalBase64IsRead(_ text: String) {
        #expect(Base64.decode(text) == nil)
    }

    @Test(arguments: ["Zg==", "Zh", "Z", "+/+/", "Zm9v="])
    func onlyCanonicalURLSafeBase64IsRead(_ text: String) {
        #expect(Base64.decode(text, .urlSafe) == nil)
    }

    @Test func everyByteRoundTrips() {
        for length in 0..<200 {
            let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0 &* 41 &+ length) }
            #expect(Base64.decode(Base64.encode(bytes)) == bytes)
            #expect(Base64.decode(Base64.encode(bytes, .urlSafe), .urlSafe) == bytes)
            #expect(Hex.decode(Hex.encode(bytes)) == bytes)
        }
        #expect(Base64.encode([0xFB, 0xFF], .standard) == "+/8=")
        #expect(Base64.encode([0xFB, 0xFF], .urlSafe) == "-_8")
    }

    @Test(arguments: ["0", "0g", "AB", "0x12", " 12", "é0"])
    func onlyLowerCaseHexIsRead(_ text: String) {
        #expect(Hex.decode(text) == nil)
    }

    @Test func hexVector() {
        #expect(Hex.encode([0x00, 0x9f, 0xff]) == "009fff")
        #expect(Hex.decode("009fff") == [0x00, 0x9f, 0xff])
    }
}
