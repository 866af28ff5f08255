import HTTPTypes
import NIOCore
import Testing
import Wire

@testable import ClientAPI

/// The small readers of the HTTP routes: addresses behind proxies, query strings, percent-encoding.
struct HTTPParsingTests {
    @Test(
        "the last hop of X-Forwarded-For counts, and only from a proxy of ours",
        arguments: [
            ("127.0.0.1", [], "127.0.0.1"),
            ("127.0.0.1", ["198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", ["203.0.113.1, 198.51.100.7"], "198.51.100.7"),
            ("127.0.0.1", ["203.0.113.1", "198.51.100.7"], "198.51.100.7"),
            ("::1", ["2001:DB8:0::7"], "2001:db8::7"),
            ("127.0.0.1", ["not an address"], "127.0.0.1"),
            ("127.0.0.1", ["198.51.100.7, "], "198.51.100.7"),
            ("127.0.0.1", [""], "127.0.0.1"),
            ("127.0.0.1", ["198.51.100.7:80"], "127.0.0.1"),
            ("192.0.2.9", ["198.51.100.7"], "198.51.100.7"),
            ("192.0.2.8", ["198.51.100.7"], "192.0.2.8"),
        ] as [(String, [String], String)])
    func clientAddress(peer: String, forwarded: [String], expected: String) throws {
        var headers = HTTPFields()
        for value in forwarded { headers.append(HTTPField(name: .xForwardedFor, value: value)) }
        let peer = try SocketAddress(ipAddress: peer, port: 1234)
        #expect(ClientAddress.text(peer: peer, headers: headers, trustedProxies: ["192.0.2.9"]) == expected)
    }

    @Test("query strings")
    func query() throws {
        let query = try HTTPQuery("limit=10&after=a%20b&flag&empty=")
        #expect(try query.integer("limit", in: 1...200) == 10)
        #expect(query.text("after") == "a b")
        #expect(query.text("flag") == "")
        #expect(query.text("empty") == "")
        #expect(query.text("missing") == nil)
        #expect(try HTTPQuery(nil).text("limit") == nil)
        #expect(throws: FieldError(field: "query", problem: "has a parameter twice")) { try HTTPQuery("a=1&%61=2") }
    }

    @Test(
        "percent-encoding is read strictly",
        arguments: [
            ("bob%40alpha.example", "bob@alpha.example"), ("%e2%82%AC", "€"), ("a+b", "a+b"), ("", ""), ("%", nil),
            ("%4", nil),
            ("%4g", nil), ("%00", nil), ("%ff", nil), ("%c0%af", nil),
        ] as [(String, String?)])
    func percentEncoding(text: String, expected: String?) {
        #expect(PercentEncoding.decode(text.utf8) == expected)
    }
}
