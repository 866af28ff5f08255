import Testing

@testable import Certificates

/// How the probe reads an answer.
struct TLSProbeTests {
    @Test(
        arguments: [
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", "ab"),
            ("HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n", ""),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nabc", "ab"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", nil),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", nil), ("HTTP/1.1 404 No\r\nContent-Length: 2\r\n\r\nab", nil),
            ("HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nab", nil), ("HTTP/1.1 200 OK\r\n\r\nab", nil), ("", nil),
            ("HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\nab", nil),
        ] as [(String, String?)])
    func `a body is taken whole or not at all`(answer: String, body: String?) {
        #expect(TLSProbe.wholeBody(of: Array(answer.utf8)) == body.map { Array($0.utf8) })
    }
}
