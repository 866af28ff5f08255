import Certificates
import Testing
import Wire

@testable import Federation

/// What is said of a link: words and levels, as tables; the steps themselves are scenarios.
struct FindingTests {
    @Test func `what a stranger has written stays on one line, printable and short`() {
        let finding = Finding.failure(
            "echo", "x", "a\nb\u{1B}[31m\u{202E}" + String(repeating: "y", count: 900), fix: "c\td")
        #expect(finding.seen.hasPrefix("a?b?[31m?yyy") && finding.seen.count == 500)
        #expect(finding.fix == "c?d")
        #expect(finding.lines.count == 2)
        #expect(finding.lines[0].hasPrefix("FAIL  echo          a?b"))
    }

    @Test func `the worst finding is the level of a run`() {
        let trail = FindingTrail { _ in }
        #expect(!trail.add(.ok("a", "b")) && trail.level == .ok)
        #expect(!trail.add(.warning("a", "b", "c", fix: "d")) && trail.level == .warning)
        #expect(trail.add(.failure("a", "b", "c", fix: "d")) && trail.level == .failure)
        #expect(!trail.add(.ok("a", "b")) && trail.level == .failure)
        #expect([Finding.Level.ok, .warning, .failure].map(\.exitCode) == [0, 1, 2])
    }

    @Test(
        arguments: [
            (0.0, "ok"), (10, "ok"), (-10, "ok"), (11, "clock_differs"), (-60, "clock_differs"), (60, "clock_differs"),
            (61, "clock_skew"), (-61, "clock_skew"), (1e9, "clock_skew"),
        ] as [(Double, String)])
    func `a difference of the clocks is judged by what it breaks`(seconds: Double, code: String) {
        let finding = ClockCheck.finding(.seconds(seconds))
        #expect(finding.code == code)
        if code != "ok" { #expect(finding.seen.contains("\(Int(abs(seconds))) s \(seconds < 0 ? "behind" : "ahead")")) }
    }

    @Test func `each fault of a certificate has a code of its own, and what is well has its days`() throws {
        let now = Instant(seconds: 1_790_000_000)
        let day = Duration.seconds(86_400)
        let host = try #require(ServerName("a.example"))
        let other = try #require(ServerName("b.example"))
        let authority = try LocalAuthority.make(now: now)
        let leaf = try authority.issue(for: host, now: now).certificate
        let trusted = CertificateJudgement.Trust.authorities([authority.certificate])
        func finding(_ host: ServerName, _ trust: CertificateJudgement.Trust, _ after: Duration) -> Finding {
            .certificate(
                CertificateJudgement(of: [leaf], host: host, trust: trust, now: now + after), of: leaf, host: host,
                isOurs: false)
        }
        #expect(finding(host, trusted, .zero).level == .ok)
        #expect(finding(host, trusted, .zero).seen.contains("365 days left"))
        #expect(finding(host, trusted, day * 351).level == .ok)
        #expect(finding(host, trusted, day * 352).code == "expires_soon")
        #expect(finding(host, trusted, day * 368 + .seconds(60)).code == "expired")
        #expect(finding(host, trusted, day * 368 + .seconds(60)).seen.contains("3 days ago"))
        #expect(finding(host, trusted, .zero - day).code == "not_yet_valid")
        #expect(finding(other, trusted, .zero).code == "wrong_name")
        #expect(finding(host, .system, .zero).code == "unknown_authority")
        #expect(finding(host, .authorities([]), .zero).code == "unknown_authority")
    }

    @Test func `an echo asks for the way back only if it says so`() throws {
        #expect(try Echo(body: Array(#"{"v":1,"text":"x"}"#.utf8)) == Echo(text: "x"))
        #expect(try Echo(body: Array(#"{"v":1,"text":"x","back":false}"#.utf8)) == Echo(text: "x"))
        #expect(try Echo(body: Array(#"{"v":1,"text":"x","back":true}"#.utf8)) == Echo(text: "x", isBackWanted: true))
        let asking = Echo(text: "x", isBackWanted: true)
        #expect(try Echo(body: JSONWriter.bytes(of: asking)) == asking)
        #expect(throws: FederationError.self) { try Echo(body: Array(#"{"v":1,"text":"x","back":1}"#.utf8)) }
        #expect(throws: FederationError.version) { try Echo(body: Array(#"{"v":2,"text":"x"}"#.utf8)) }
    }

    @Test(
        arguments: [
            (#"{"text":"x"}"#, nil), (#"{"back":{"ok":true}}"#, .ok), (#"{"back":7}"#, nil),
            (#"{"back":{"code":"blocked"}}"#, .failed(code: "blocked")), (#"{"back":{}}"#, .failed(code: "unknown")),
            (#"{"back":{"ok":false,"code":"keys"}}"#, .failed(code: "keys")),
        ] as [(String, BackEcho?)])
    func `what the peer says of the way back is read`(answer: String, back: BackEcho?) throws {
        #expect(BackEcho(reading: try #require(try JSON.parse(Array(answer.utf8)).object)) == back)
    }

    @Test func `a failure of ours tells a stranger its kind alone`() {
        let table: [(PeerFailure, String)] = [
            (.discovery(.noAddress(host: "a.example")), "no_address"),
            (.discovery(.forbiddenPort(25)), "forbidden_address"),
            (.connection("ConnectTimeout"), "no_connection"),
            (.connection("handshakeFailed(… CERTIFICATE_VERIFY_FAILED …)"), "certificate"), (.timeout, "timeout"),
            (.status(302, retryAfter: nil), "no_home"), (.unsigned, "unsigned"), (.keys("x"), "keys"),
            (.refused(.clockSkew(now: Instant(seconds: 0))), "clock_skew"), (.ours("the database"), "unavailable"),
        ]
        for (failure, code) in table { #expect(BackEcho(failure) == .failed(code: code)) }
    }
}
