import Federation
import Sodium
import Testing
import Wire

@Suite struct EnvelopeTests {
    private func read(_ text: String) throws -> Envelope {
        try Envelope(try #require(try JSON.parse(text).object).at("e"))
    }

    @Test func whatIsSignedIsReadAndVerified() throws {
        let keys = [try TestKeys.newKey(), try TestKeys.newKey()]
        let envelope = Envelope(signing: Array("{}".utf8), as: .keyset, with: keys)
        let read = try read(String(decoding: JSONWriter.bytes(of: envelope), as: UTF8.self))
        #expect(read == envelope)
        #expect(read.isSigned(by: keys[0].publicKey, as: .keyset))
        #expect(read.isSigned(by: keys[1].publicKey, as: .keyset))
        #expect(!read.isSigned(by: keys[0].publicKey, as: .freshness))
        #expect(!read.isSigned(by: try TestKeys.newKey().publicKey, as: .keyset))
    }

    /// The signed bytes are the design's: "home-doc-v1\0" + type + "\0" + payload.
    @Test func theSignedBytesAreThoseOfTheDesign() throws {
        let key = try TestKeys.newKey()
        let envelope = Envelope(signing: [1, 2, 3], as: .freshness, with: [key])
        let signature = try #require(envelope.signatures.first)
        #expect(signature.key == KeyID(of: key.publicKey))
        #expect(
            key.publicKey.verify(signature: signature.bytes, of: Array("home-doc-v1\0freshness\0".utf8) + [1, 2, 3]))
    }

    @Test func anotherPayloadIsNotSigned() throws {
        let key = try TestKeys.newKey()
        let signature = Envelope(signing: Array("{}".utf8), as: .keyset, with: [key])
        let text = String(decoding: JSONWriter.bytes(of: signature), as: UTF8.self)
        let forged = text.replacing(Base64.encode(Array("{}".utf8)), with: Base64.encode(Array("[]".utf8)))
        #expect(forged != text)
        #expect(!(try read(forged)).isSigned(by: key.publicKey, as: .keyset))
    }

    @Test(arguments: [
        (#"{}"#, "e.payload", "is missing"),
        (#"{"payload":"e30","signatures":[]}"#, "e.payload", "must be padded base64"),
        (#"{"payload":"","signatures":[]}"#, "e.payload", "must be padded base64"),
        (#"{"payload":"e30="}"#, "e.signatures", "is missing"),
        (#"{"payload":"e30=","signatures":[1]}"#, "e.signatures[0]", "must be an object"),
        (#"{"payload":"e30=","signatures":[{"key":"x","sig":""}]}"#, "e.signatures[0].key", "must be a key id"),
        (
            #"{"payload":"e30=","signatures":[{"key":"0123456789abcdef","sig":"AA=="}]}"#, "e.signatures[0].sig",
            "must be the base64 of 64 bytes"
        ),
        (
            #"{"payload":"e30=","signatures":[{},{},{},{},{},{},{},{},{}]}"#, "e.signatures", "has more than 8 entries"
        ),
    ])
    func whatIsMalformedNamesItsField(_ text: String, _ field: String, _ problem: String) {
        #expect(throws: FieldError(field: field, problem: problem)) { try read(text) }
    }

    @Test func oneKeySignsOnce() throws {
        let key = try TestKeys.newKey()
        let twice = Envelope(signing: Array("{}".utf8), as: .keyset, with: [key, key])
        let text = String(decoding: JSONWriter.bytes(of: twice), as: UTF8.self)
        #expect(throws: FieldError(field: "e.signatures[1].key", problem: "is there twice")) { try read(text) }
    }
}

@Suite struct FingerprintTests {
    @Test func itIsTheHashInEightGroups() throws {
        let bytes = try #require(Hex.decode("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"))
        let fingerprint = Fingerprint(of: try #require(Ed25519.PublicKey(bytes: bytes)))
        #expect(fingerprint.text == "21fe31df-a154a261-626bf854-046fd227-1b7bed4b-6abe45aa-58877ef4-7f9721b9")
        #expect(Fingerprint(fingerprint.text) == fingerprint)
        #expect(Fingerprint(fingerprint.text.uppercased().replacing("-", with: " : ")) == fingerprint)
        #expect(Fingerprint(Hex.encode(fingerprint.bytes)) == fingerprint)
    }

    @Test(arguments: ["", "21fe31df", "21fe31df-a154a261-626bf854-046fd227-1b7bed4b-6abe45aa-58877ef4-7f9721bg"])
    func otherTextIsNone(_ text: String) {
        #expect(Fingerprint(text) == nil)
    }

    @Test func anIdIsSixteenDigitsOfTheHash() throws {
        let key = try VectorFile.signingKey().publicKey
        #expect(KeyID(of: key).text == "b16c2d1bead12626")
        #expect(KeyID("b16c2d1bead12626") == KeyID(of: key))
        for text in ["", "B16C2D1BEAD12626", "b16c2d1bead1262", "b16c2d1bead126261", "b16c2d1bead1262g"] {
            #expect(KeyID(text) == nil)
        }
    }
}
