import Sodium
import Testing

@Suite struct PasswordTests {
    /// From the reference implementation's test.c (version 0x13, t=2, m=64 MiB, p=1).
    @Test func aPublishedHashVerifies() {
        let hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        #expect(Argon2id.verify(hash, password: Array("password".utf8)))
        #expect(!Argon2id.verify(hash, password: Array("passwore".utf8)))
    }

    @Test func hashesCarryTheirCostAndANewSalt() throws {
        let password = Array("correct horse".utf8)
        let first = try #require(Argon2id.hash(password: password))
        let second = try #require(Argon2id.hash(password: password))
        #expect(first.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(first != second)
        #expect(Argon2id.verify(first, password: password))
        #expect(!Argon2id.verify(first, password: Array("correct horsf".utf8)))
        #expect(!Argon2id.verify(first, password: []))
        #expect(!Argon2id.needsRehash(first))
        #expect(Argon2id.needsRehash(first, cost: .interactive))
    }

    @Test func anEmptyPasswordIsAPasswordLikeAnother() throws {
        let hash = try #require(Argon2id.hash(password: [], cost: .minimum))
        #expect(Argon2id.verify(hash, password: []))
        #expect(!Argon2id.verify(hash, password: [0]))
        #expect(Argon2id.needsRehash(hash))
    }

    @Test(arguments: [
        "", "x", "$argon2id$", "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
        "$2b$12$abcdefghijklmnopqrstuv", String(repeating: "a", count: 500), "$argon2id$v=19$m=8,t=1,p=1$\u{0}$x",
    ])
    func otherStringsNeverVerify(_ hash: String) {
        #expect(!Argon2id.verify(hash, password: Array("password".utf8)))
        #expect(Argon2id.needsRehash(hash))
    }

    @Test func costsBelowTheMinimumAreRefused() {
        #expect(Argon2id.hash(password: [1], cost: Argon2id.Cost(operations: 0, memoryBytes: 8192)) == nil)
        #expect(Argon2id.hash(password: [1], cost: Argon2id.Cost(operations: 1, memoryBytes: 1024)) == nil)
    }
}
