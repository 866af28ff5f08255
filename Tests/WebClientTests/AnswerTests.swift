import Foundation
import HTTPTypes
import Home
import NIOCore
import Testing
import Wire

@testable import WebClient

@Suite("What the web client's URLs answer")
struct AnswerTests {
    private let client: WebClient
    private let folder: String

    init() throws {
        let files = try ClientFolder()
        defer { files.delete() }
        client = try files.client()
        folder = "/client/\(client.version)/"
    }

    private func get(_ path: String, _ headers: HTTPFields = [:]) throws -> Page.Answer {
        try #require(try client.answer(path: path, headers: headers), "\(path)")
    }

    @Test(
        "Each kind has its type, a length, and is never guessed at",
        arguments: [
            ("a.html", "text/html; charset=utf-8"), ("a.css", "text/css; charset=utf-8"),
            ("a.js", "text/javascript; charset=utf-8"), ("a.mjs", "text/javascript; charset=utf-8"),
            ("a.json", "application/json"), ("a.svg", "image/svg+xml"), ("a.png", "image/png"),
            ("a.webp", "image/webp"), ("a.ico", "image/vnd.microsoft.icon"), ("a.woff2", "font/woff2"),
            ("a.webmanifest", "application/manifest+json"), ("a.b.txt", "text/plain; charset=utf-8"),
        ])
    func types(name: String, type: String) throws {
        let files = try ClientFolder(["index.html": "", name: "content"])
        defer { files.delete() }
        let client = try files.client()
        let (head, body) = try #require(try client.answer(path: "/client/\(client.version)/\(name)", headers: [:]))
        #expect(head.status == .ok)
        #expect(head.headerFields[.contentType] == type)
        #expect(head.headerFields[.contentLength] == "7")
        #expect(head.headerFields[.xContentTypeOptions] == "nosniff")
        #expect(String(buffer: body) == "content")
    }

    @Test(
        "Where each file is, and how long a browser keeps it",
        arguments: [
            ("/", "no-cache", PageHeaders.policy), ("/worker.js", "no-cache", PageHeaders.policy),
            ("/manifest.webmanifest", "no-cache", PageHeaders.policy), ("/favicon.svg", "no-cache", PageHeaders.policy),
            ("/client.json", "no-store", PageHeaders.policy),
            ("VERSION/index.html", "public, max-age=31536000, immutable", PageHeaders.policy),
            ("VERSION/favicon.svg", "public, max-age=31536000, immutable", PageHeaders.policy),
            ("VERSION/worker.js", "public, max-age=31536000, immutable", "default-src 'none'"),
            ("VERSION/js/home.js", "public, max-age=31536000, immutable", "default-src 'none'"),
            ("VERSION/css/home.css", "public, max-age=31536000, immutable", nil),
        ])
    func places(path: String, caching: String, policy: String?) throws {
        let isDocument = policy == PageHeaders.policy
        let headers = try get(path.replacing("VERSION/", with: folder)).head.headerFields
        #expect(headers[.cacheControl] == caching)
        #expect(headers[.crossOriginResourcePolicy] == "same-origin")
        #expect(headers[.xContentTypeOptions] == "nosniff")
        #expect(headers[.contentSecurityPolicy] == policy)
        #expect(headers[.referrerPolicy] == (isDocument ? "no-referrer" : nil))
        #expect(headers[.crossOriginOpenerPolicy] == (isDocument ? "same-origin" : nil))
        #expect(headers[.permissionsPolicy]?.hasPrefix("microphone=(self), ") == (isDocument ? true : nil))
        #expect(headers[.strictTransportSecurity] == nil)
    }

    @Test("The policy lets nothing in, and says so word for word")
    func policy() {
        #expect(
            PageHeaders.policy
                == "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; "
                + "connect-src 'self'; font-src 'self'; media-src 'self' blob:; manifest-src 'self'; "
                + "worker-src 'self'; object-src 'none'; frame-src 'none'; base-uri 'none'; form-action 'none'; "
                + "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types home")
    }

    @Test("A listener with TLS has browsers insist on it")
    func strictTransport() throws {
        let files = try ClientFolder()
        defer { files.delete() }
        let headers = try #require(try files.client(tls: true).answer(path: "/", headers: [:])).head.headerFields
        #expect(headers[.strictTransportSecurity] == "max-age=31536000")
    }

    @Test("Version and modules are written into the three files that need them, and nowhere else")
    func placeholders() throws {
        let links = ["js/home.js", "js/main.js", "js/views/list.js"].map {
            "<link rel=\"modulepreload\" href=\"\(folder)\($0)\">"
        }
        let html = """
            <!doctype html><link rel="stylesheet" href="\(folder)css/home.css">
            \(links[0])
            \(links[1])
            \(links[2])
            """
        #expect(String(buffer: try get("/").body) == html)
        #expect(String(buffer: try get(folder + "index.html").body) == html)
        let parts = "css/home.css js/home.js js/lazy/picker.js js/main.js js/views/list.js"
        #expect(
            String(buffer: try get("/worker.js").body)
                == "const version = '\(client.version)'; // {{modules}}\nconst parts = '\(parts)';")
        #expect(
            String(buffer: try get("/manifest.webmanifest").body) == #"{"start_url": "/", "id": "\#(client.version)"}"#)
        #expect(String(buffer: try get(folder + "css/home.css").body) == "body { margin: 0 } /* {{version}} */")
        #expect(String(buffer: try get("/client.json").body) == #"{"version":"\#(client.version)"}"#)
    }

    @Test("What a browser has already is not sent again")
    func unchanged() throws {
        let tag = try #require(try get("/").head.headerFields[.eTag])
        #expect(tag.hasPrefix("W/\"") && tag.hasSuffix("\""))
        for named in [tag, String(tag.dropFirst(2)), "\"x\", \(tag)", "*", "\"x\",\(tag) , \"y\""] {
            let (head, body) = try get("/", [.ifNoneMatch: named, .acceptEncoding: "gzip"])
            #expect(head.status == .notModified, "\(named)")
            #expect(body.readableBytes == 0)
            #expect(head.headerFields[.eTag] == tag)
            #expect(head.headerFields[.cacheControl] == "no-cache")
            #expect(head.headerFields[.contentType] == nil)
            #expect(head.headerFields[.contentEncoding] == nil)
        }
        for named in ["", "\"x\"", String(tag.dropLast(2)), tag + "x"] {
            #expect(try get("/", [.ifNoneMatch: named]).head.status == .ok, "\(named)")
        }
        #expect(try get("/worker.js").head.headerFields[.eTag] != tag)
    }

    @Test("What is not there is not ours")
    func nothing() throws {
        for path in ["", "//", "/index.html", "/js/home.js", "/api/v1/me", "/ws", "/health", "/client", "/favicon.ico"]
        {
            #expect(try client.answer(path: path, headers: [:]) == nil, "\(path)")
        }
    }

    @Test("Paths that try to get out, or to be something else, find nothing")
    func hostile() throws {
        let attempts = [
            "../worker.js", "js/../worker.js", "js/..%2fworker.js", "js%2Fhome.js", "js/home.js%00", "js/home.js\0",
            "js//home.js", "./js/home.js", "js/home.js/", "js", "js/", "", "js/HOME.js", "js\\home.js",
            "....//....//etc/hostname", "%2e%2e/%2e%2e/etc/hostname", "js/home.js;x", "js/home.js#x",
            String(repeating: "a/", count: 30_000),
        ]
        for attempt in attempts {
            #expect(try client.answer(path: folder + attempt, headers: [:]) == nil, "\(attempt.prefix(80))")
        }
    }

    @Test("Another version's files are refused, never answered with ours")
    func otherVersions() {
        for path in ["/client/0123456789abcdef/js/home.js", "/client/js/home.js", "/client/", "/client/../worker.js"] {
            let error = #expect(throws: HomeError.self, "\(path)") { try client.answer(path: path, headers: [:]) }
            #expect(error == .notFound("this homeserver has another version of the client; load the page again"))
        }
    }

    @Test("Emoji are served where there are some, and a 404 says how to make them where there are none")
    func emoji() throws {
        let error = #expect(throws: HomeError.self) { try client.answer(path: "/emoji.json", headers: [:]) }
        #expect(error == .notFound("this homeserver has no emoji data: ops/lib/emoji makes it, and web.emoji names it"))
        let text = #"{"groups": [{"id": "flags", "emoji": []}]}"#
        let files = try ClientFolder()
        defer { files.delete() }
        try files.add("emoji.json", Data(text.utf8))
        let withEmoji = try files.client(emoji: files.path + "/emoji.json")
        let (head, body) = try #require(try withEmoji.answer(path: "/emoji.json", headers: [:]))
        #expect(head.headerFields[.contentType] == "application/json")
        #expect(head.headerFields[.cacheControl] == "no-cache")
        #expect(head.headerFields[.eTag] != nil)
        #expect(String(buffer: body) == text)
    }
}
