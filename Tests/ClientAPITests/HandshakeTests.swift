import NIOHTTP1
import Testing

@testable import ClientAPI

/// Who may open a WebSocket, by the head of his request alone.
struct HandshakeTests {
    private let origins: Set<String> = ["https://chat.alpha.example"]

    private func check(_ target: String, _ changes: [(String, String?)] = []) -> String {
        var headers: HTTPHeaders = [
            "Host": "localhost", "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version": "13",
        ]
        for (name, value) in changes {
            guard let value else {
                headers.remove(name: name)
                continue
            }
            headers.add(name: name, value: value)
        }
        let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: target, headers: headers)
        do throws(Handshake.Refusal) {
            let credentials = try Handshake(head).check(allowedOrigins: origins)
            return "token \(credentials.token)\(credentials.asksToResume ? " resume" : "")"
        } catch {
            return "\(error.status ?? error.error.status) \(error.error.code.rawValue) \(error.error.field ?? "-")"
        }
    }

    @Test(
        "by the query",
        arguments: [
            ("/ws?token=abc", "token abc"),
            ("/ws?token=abc&resume=1", "token abc resume"),
            ("/ws?resume=0&token=a%2Bb&other=x", "token a+b"),
            ("/ws", "401 unauthorized -"),
            ("/ws?token=", "400 invalid token"),
            ("/ws?token=a%20b", "400 invalid token"),
            ("/ws?token=a&token=b", "400 invalid query"),
            ("/ws?token=%zz", "400 invalid query"),
            ("/ws?token=a&resume=yes", "400 invalid resume"),
        ])
    func query(target: String, expected: String) {
        #expect(check(target) == expected)
    }

    @Test(
        "by the origin",
        arguments: [
            ("https://chat.alpha.example", "token abc"),
            ("https://chat.alpha.example.evil.example", "403 forbidden -"),
            ("https://chat.alpha.example/", "403 forbidden -"),
            ("http://chat.alpha.example", "403 forbidden -"),
            ("null", "403 forbidden -"),
            ("", "403 forbidden -"),
        ])
    func origin(origin: String, expected: String) {
        #expect(check("/ws?token=abc", [("Origin", origin)]) == expected)
    }

    @Test("two origins are none")
    func twoOrigins() {
        let both = [("Origin", "https://chat.alpha.example"), ("Origin", "https://chat.alpha.example")]
        #expect(check("/ws?token=abc", both) == "403 forbidden -")
    }

    @Test("a cookie counts only for a page of ours")
    func cookie() {
        let cookie = ("Cookie", "a=b; __Host-home-session=secret")
        let ours = ("Origin", "https://chat.alpha.example")
        #expect(check("/ws", [cookie, ours]) == "token secret")
        #expect(check("/ws", [cookie]) == "401 unauthorized -")
        #expect(check("/ws", [cookie, ("Origin", "https://evil.example")]) == "403 forbidden -")
        #expect(check("/ws", [ours]) == "token ", "the socket opens and says 4003, which a page can see")
        #expect(check("/ws?token=explicit", [cookie, ours]) == "token explicit")
        #expect(check("/ws", [cookie, cookie, ours]) == "400 invalid Cookie")
    }

    @Test(
        "by its form",
        arguments: [
            ("Sec-WebSocket-Key", nil, "400 invalid Sec-WebSocket-Key"),
            ("Sec-WebSocket-Key", "again", "400 invalid Sec-WebSocket-Key"),
            ("Sec-WebSocket-Version", nil, "426 invalid Sec-WebSocket-Version"),
            ("Sec-WebSocket-Version", "8", "426 invalid Sec-WebSocket-Version"),
            ("Content-Length", "5", "400 invalid -"),
            ("Transfer-Encoding", "chunked", "400 invalid -"),
            ("Content-Length", "0", "token abc"),
        ] as [(String, String?, String)])
    func form(name: String, value: String?, expected: String) {
        #expect(check("/ws?token=abc", [(name, value)]) == expected)
    }

    @Test("what is no handshake at all is told which upgrade is needed")
    func plain() {
        #expect(
            check("/ws?token=abc", [("Sec-WebSocket-Key", nil), ("Sec-WebSocket-Version", nil)]) == "426 invalid -")
    }

    @Test(
        "the path is exactly /ws",
        arguments: [
            ("/ws", true), ("/ws?x", true), ("/ws/", false), ("/wsx", false), ("//ws", false), ("/", false),
        ])
    func path(target: String, isAsked: Bool) {
        #expect(Handshake.isAsked(by: HTTPRequestHead(version: .http1_1, method: .GET, uri: target)) == isAsked)
        #expect(!Handshake.isAsked(by: HTTPRequestHead(version: .http1_1, method: .POST, uri: target)))
    }
}
