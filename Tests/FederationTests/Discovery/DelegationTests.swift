import Testing
import Wire

@testable import Federation

/// What `/.well-known/home-server` may say, and how long it is believed.
struct DelegationTests {
    @Test(arguments: [
        (#"{"v":1,"host":"h.example"}"#, "h.example", 8448), (#"{"v":1,"host":"h.example:443"}"#, "h.example", 443),
        (#"{"v":1,"host":"h.example:8449","more":[]}"#, "h.example", 8449),
        (#"{"host":"localhost","v":1}"#, "localhost", 8448),
    ])
    func `a host, with a port or without`(_ body: String, _ host: String, _ port: Int) throws {
        let delegation = try Delegation.parse(Array(body.utf8))
        #expect(delegation.host.text == host)
        #expect(delegation.port == port)
        #expect(try Delegation.parse(delegation.body) == delegation)
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"v":1}"#, #"{"host":"h.example"}"#, #"{"v":2,"host":"h.example"}"#,
        #"{"v":1,"host":"H.example"}"#, #"{"v":1,"host":"127.0.0.1"}"#, #"{"v":1,"host":"[::1]:8448"}"#,
        #"{"v":1,"host":"h.example:"}"#, #"{"v":1,"host":"h.example:0"}"#, #"{"v":1,"host":"h.example:22"}"#,
        #"{"v":1,"host":"h.example:65536"}"#, #"{"v":1,"host":"h.example:+443"}"#,
        #"{"v":1,"host":"https://h.example"}"#, #"{"v":1,"host":"h.example/x"}"#, #"{"v":1,"host":"u@h.example"}"#,
        #"{"v":1,"host":8448}"#, #"{"v":1,"host":"a.example","host":"b.example"}"#, #"{"v":1,"host":"h.example"} x"#,
    ])
    func `anything else is refused`(_ body: String) {
        #expect(throws: FieldError.self) { try Delegation.parse(Array(body.utf8)) }
    }

    @Test func `an answer over the limit is refused`() {
        let body = #"{"v":1,"host":"h.example","x":""# + String(repeating: "a", count: 16_384) + #""}"#
        #expect(throws: FieldError.self) { try Delegation.parse(Array(body.utf8)) }
    }

    @Test(arguments: [
        ([], 24 * 3600), (["max-age=7200"], 7200), (["public, max-age=7200"], 7200), (["max-age=0"], 300),
        (["max-age=60"], 300), (["max-age=999999999"], 48 * 3600), (["max-age=99999999999999999999"], 24 * 3600),
        (["no-store"], 300), (["max-age=7200, no-cache"], 300), (["max-age=-1"], 300), (["max-age=x"], 24 * 3600),
        (["MAX-AGE = 7200"], 7200),
    ])
    func `it is believed for 5 minutes to 48 hours`(_ cacheControl: [String], _ seconds: Int) {
        #expect(Delegation.life(cacheControl: cacheControl) == .seconds(seconds))
    }

    @Test(arguments: [
        ("https://h.example/x", "https://h.example/x"), ("https://h.example", "https://h.example/"),
        ("https://h.example:8443/x?y", "https://h.example:8443/x?y"), ("/other", "https://a.example/other"),
        ("//b.example/x", "https://b.example/x"), ("https://h.example?x", "https://h.example/?x"),
    ])
    func `a redirect leads to another https URL or path`(_ location: String, _ url: String) throws {
        let start = HTTPSAddress(host: try #require(ServerName("a.example")), port: 443, target: "/x")
        #expect(start.redirected(to: location)?.description == url)
    }

    @Test(arguments: [
        "http://h.example/", "https://127.0.0.1/", "https://[::1]/", "https://user@h.example/", "ftp://h.example/",
        "https://h.example:99999/", "https://h.example/#x", "https://h.example/ x", "https://", "x", "",
        "https://h.example\\@evil.example/", "https://2130706433/", "HTTPS://h.example/",
    ])
    func `a redirect elsewhere is refused`(_ location: String) throws {
        let start = HTTPSAddress(host: try #require(ServerName("a.example")), port: 443, target: "/x")
        #expect(start.redirected(to: location) == nil)
    }
}

/// What discovery remembers.
struct DelegationCacheTests {
    private let name: ServerName
    private let delegation: Delegation

    init() throws {
        name = try #require(ServerName("a.example"))
        delegation = Delegation(host: try #require(ServerName("b.example")))
    }

    @Test func `an answer is fresh for its life and then outdated until 48 hours`() {
        var cache = DelegationCache()
        #expect(cache.answer(for: name, now: .zero) == .unknown)
        cache.store(delegation, for: name, life: .seconds(600), now: .zero)
        #expect(cache.answer(for: name, now: .seconds(599)) == .fresh(delegation))
        #expect(cache.answer(for: name, now: .seconds(600)) == .outdated(delegation))
        #expect(cache.answer(for: name, now: .seconds(48 * 3600)) == .unknown)
    }

    @Test func `an outdated answer is used while nobody answers, and keeps its age`() {
        var cache = DelegationCache()
        cache.store(delegation, for: name, life: .seconds(600), now: .zero)
        cache.retryLater(name, now: .seconds(700))
        #expect(cache.answer(for: name, now: .seconds(999)) == .fresh(delegation))
        #expect(cache.answer(for: name, now: .seconds(1000)) == .outdated(delegation))
        cache.retryLater(name, now: .seconds(48 * 3600))
        #expect(cache.answer(for: name, now: .seconds(48 * 3600 + 1)) == .fresh(nil))
    }

    @Test func `the absence of a delegation is forgotten, not outdated`() {
        var cache = DelegationCache()
        cache.store(nil, for: name, life: .seconds(300), now: .zero)
        #expect(cache.answer(for: name, now: .seconds(299)) == .fresh(nil))
        #expect(cache.answer(for: name, now: .seconds(300)) == .unknown)
    }
}
