import Testing
import Wire

@Suite struct NameTests {
    @Test(arguments: [
        "localhost", "a", "alpha.example", "hs1.localhost", "xn--bcher-kva.example", "1a.b2.c", "a-b.c--d", "0.example",
        String(repeating: "a", count: 63) + ".example", "1.2.3.4.example",
        Array(repeating: String(repeating: "a", count: 61), count: 4).joined(separator: ".") + ".cdefg",
    ])
    func serverNamesAreAccepted(_ text: String) {
        #expect(ServerName(text)?.text == text)
    }

    @Test(arguments: [
        "", ".", "a.", ".a", "a..b", "-a", "a-", "a.-b", "a-.b", "A.example", "a_b", "a b", "a:8448", "bücher.example",
        "127.0.0.1", "1", "a.1", "[::1]", "a/b", "a@b", "a\n", "a\u{0}", String(repeating: "a", count: 64),
        Array(repeating: String(repeating: "a", count: 61), count: 4).joined(separator: ".") + ".cdefgh",
    ])
    func otherServerNamesAreRefused(_ text: String) {
        #expect(ServerName(text) == nil)
    }

    @Test func addressesAreRead() throws {
        let user = try #require(UserID("alice.b_c-9@alpha.example"))
        #expect(user.local == "alice.b_c-9")
        #expect(user.server.text == "alpha.example")
        #expect(user.text == "alice.b_c-9@alpha.example")
        #expect(UserID(local: "alice.b_c-9", server: user.server) == user)
        #expect(UserID("alice.b_c-9", home: user.server) == user)
        #expect(UserID("alice.b_c-9@alpha.example", home: try #require(ServerName("x.example"))) == user)
        #expect(Set([user, try #require(UserID("alice.b_c-9", home: user.server))]).count == 1)
    }

    @Test(arguments: [
        "", "@", "alice", "alice@", "@alpha.example", "Alice@alpha.example", "alice@Alpha.example", "a b@alpha.example",
        "alice@alpha.example:8448", "alice@b@c.example", "älice@alpha.example", "alice@127.0.0.1", "alice @a.example",
        "alice\u{0}@a.example", String(repeating: "a", count: 33) + "@alpha.example", "a+b@alpha.example",
    ])
    func otherAddressesAreRefused(_ text: String) throws {
        #expect(UserID(text) == nil)
        if text.contains("@") || text.isEmpty {
            #expect(UserID(text, home: try #require(ServerName("home.example"))) == nil)
        }
    }

    @Test func theLongestNameIsAccepted() {
        #expect(UserID(String(repeating: "a", count: 32) + "@alpha.example") != nil)
    }
}
