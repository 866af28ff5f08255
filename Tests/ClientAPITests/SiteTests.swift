import HTTPTypes
import Home
import NIOCore
import Testing
import Wire

@testable import ClientAPI

@Suite("A site beside the API")
struct SiteTests {
    /// Claims every path that there is, and some as an error.
    private static let greedy: Site = { path, headers in
        if path == "/gone" { throw HomeError.notFound("gone") }
        if path == "/nothing" { return nil }
        let body = ByteBuffer(string: "page \(path) \(headers[.accept] ?? "")")
        var fields: HTTPFields = [.contentType: "text/plain", .cacheControl: "no-cache"]
        let status: HTTPResponse.Status = path == "/same" ? .notModified : .ok
        if status == .ok { fields[.contentLength] = String(body.readableBytes) }
        return (HTTPResponse(status: status, headerFields: fields), status == .ok ? body : ByteBuffer())
    }

    @Test("It gets the paths that the API does not have, with the header fields of the request")
    func pages() async throws {
        try await HTTPTestServer.run(site: Self.greedy) { server in
            for path in ["/", "/a/b.js", "/a%2Fb", "/client.json"] {
                let answer = try await server.client.send("GET", path + "?q=1", headers: ["Accept": "x/y"])
                #expect(answer.status == 200)
                #expect(answer.text == "page \(path) x/y")
                #expect(answer.header("content-type") == "text/plain")
                #expect(answer.header("cache-control") == "no-cache")
                #expect(answer.header("x-content-type-options") == "nosniff")
            }
        }
    }

    @Test("HEAD gets the same head and no body")
    func head() async throws {
        try await HTTPTestServer.run(site: Self.greedy) { server in
            let get = try await server.client.send("GET", "/a.js")
            // The connection's end is waited for, so that a body would be seen.
            let head = try await server.client.send("HEAD", "/a.js")
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            for name in ["content-length", "content-type", "cache-control"] {
                #expect(head.header(name) == get.header(name))
            }
        }
    }

    @Test("304 has no body and says nothing of a length")
    func unchanged() async throws {
        try await HTTPTestServer.run(site: Self.greedy) { server in
            let answer = try await server.client.send("GET", "/same")
            #expect(answer.status == 304)
            #expect(answer.body.isEmpty)
            #expect(answer.header("content-length") == nil)
            #expect(answer.header("transfer-encoding") == nil)
        }
    }

    @Test("Other methods are refused with the usual envelope")
    func methods() async throws {
        try await HTTPTestServer.run(site: Self.greedy) { server in
            for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
                let answer = try await server.client.send(method, "/", "{}")
                #expect(answer.status == 405, "\(method)")
                #expect(answer.header("allow") == "GET, HEAD")
                #expect(answer.code == "invalid")
            }
        }
    }

    @Test("Where it has nothing, and where it refuses, the answer is the API's own")
    func nothing() async throws {
        try await HTTPTestServer.run(site: Self.greedy) { server in
            for (path, message) in [("/nothing", "there is nothing at this path"), ("/gone", "gone")] {
                let answer = try await server.client.send("GET", path)
                #expect(answer.status == 404)
                #expect(answer.code == "not_found")
                let said = try answer.object?.string("message")
                #expect(said == message)
                #expect(answer.header("cache-control") == "no-store")
            }
        }
    }

    @Test("It takes no path of the API, whatever the method, and none that the API could have")
    func shadows() async throws {
        try await HTTPTestServer.run(site: Self.greedy) { server in
            let cases: [(method: String, path: String, status: Int)] = [
                ("GET", "/health", 200), ("GET", "/ws", 426), ("GET", "/.well-known/home-server", 200),
                ("GET", "/api/v1/limits", 200), ("POST", "/health", 405), ("HEAD", "/health", 405),
                ("POST", "/ws", 405),
                ("GET", "/api/v1/login", 405), ("GET", "/api/v1/nothing", 404), ("GET", "/api/", 404),
                ("GET", "/api/v2/x", 404),
            ]
            for (method, path, status) in cases {
                let answer = try await server.client.send(method, path)
                #expect(answer.status == status, "\(method) \(path)")
                #expect(!answer.text.hasPrefix("page"), "\(method) \(path)")
            }
        }
    }

    @Test("Without a site every such path is 404 as ever")
    func without() async throws {
        try await HTTPTestServer.run { server in
            let answer = try await server.client.send("GET", "/")
            #expect(answer.code == "not_found")
        }
    }

    @Test("Request lines that no page has break nothing")
    func hostile() async throws {
        try await HTTPTestServer.run(site: Self.greedy) { server in
            let end = " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
            let nul = try await server.client.send(raw: Array(("GET /a\0b" + end).utf8))
            #expect(nul.status == 400)
            let path = "/" + String(repeating: "a", count: 200_000)
            let long = try await server.client.send(raw: Array(("GET " + path + end).utf8))
            #expect((400...431).contains(long.status))
            #expect(try await server.client.send("GET", "/").status == 200)
        }
    }
}
