import Federation
import Sodium
import Testing
import Wire

@Suite struct KeysDocumentTests {
    @Test func whatIsShownIsRead() throws {
        let keys = try TestKeys()
        let document = try KeysDocument(parsing: keys.document())
        #expect(document.keyset == keys.keyset())
        #expect(document.freshness == Freshness(keysetSHA256: keys.keyset().sha256, at: TestKeys.now))
        #expect(document.bytes == keys.document())
    }

    @Test func onlyTheActiveKeySpeaksForFreshness() throws {
        let keys = try TestKeys()
        for signer in [keys.root, try TestKeys.newKey()] {
            let error = try #require(throws: FieldError.self) {
                try KeysDocument(parsing: keys.document(signedBy: signer))
            }
            #expect(error.field == "freshness.signatures")
        }
        let next = try TestKeys.newKey()
        let staged = keys.keyset(keys: [keys.key(), keys.key(.next, of: next)])
        #expect(throws: FieldError.self) { try KeysDocument(parsing: keys.document(staged, signedBy: next)) }
        let none = keys.keyset(keys: [keys.key(.revoked)])
        #expect(throws: FieldError.self) { try KeysDocument(parsing: keys.document(none)) }
    }

    @Test func freshnessIsForOneKeysetAndOneDay() throws {
        let keys = try TestKeys()
        let keyset = keys.keyset()
        let fresh = Freshness(keysetSHA256: keyset.sha256, at: TestKeys.now)
        #expect(fresh.confirms(keyset, now: TestKeys.now))
        #expect(fresh.confirms(keyset, now: TestKeys.now + .seconds(86_399)))
        #expect(!fresh.confirms(keyset, now: TestKeys.now + .seconds(86_400)))
        #expect(fresh.confirms(keyset, now: TestKeys.now - .seconds(300)))
        #expect(!fresh.confirms(keyset, now: TestKeys.now - .seconds(301)))
        #expect(!fresh.confirms(keys.keyset(version: 2), now: TestKeys.now))
    }

    @Test(arguments: [
        ("", "body"), ("[]", "body"), ("{}", "v"), (#"{"v":2}"#, "v"), (#"{"v":1}"#, "keyset"),
        (#"{"v":1,"keyset":{}}"#, "keyset.payload"), (#"{"v":1,"v":1}"#, "body"),
    ])
    func whatIsMalformedNamesItsField(_ text: String, _ field: String) throws {
        let error = try #require(throws: FieldError.self) { try KeysDocument(parsing: Array(text.utf8)) }
        #expect(error.field == field)
    }

    @Test func aHugeBodyIsNotRead() throws {
        let error = try #require(throws: FieldError.self) {
            try KeysDocument(parsing: [UInt8](repeating: 0x20, count: KeysDocument.maximumBytes + 1))
        }
        #expect(error.field == "body")
    }
}
