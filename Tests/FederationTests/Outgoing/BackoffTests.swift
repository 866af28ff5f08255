import Testing
import Wire

@testable import Federation

/// When a peer is tried again.
struct BackoffTests {
    private let start = Instant(seconds: 1_700_000_000)

    @Test(arguments: [(1, 1), (2, 2), (3, 4), (4, 8), (10, 512), (11, 600), (12, 600), (100, 600)])
    func `the delay doubles from 1 second to 10 minutes`(_ failures: Int, _ seconds: Int) {
        var backoff = Backoff()
        for _ in 0..<failures { backoff.failed(.transient, now: start, random: 0.999_999) }
        let wait = backoff.wait(now: start) ?? .zero
        #expect(wait > .seconds(seconds) * 0.99 && wait <= .seconds(seconds))
        #expect(backoff.attempts == failures)
    }

    @Test(arguments: [
        (Backoff.Class.transient, 0.1), (.patient, 5.0), (.refused, 300.0), (.after(.zero), 0.1),
        (.after(.seconds(7)), 7.0),
    ])
    func `no class is retried hot, whatever the dice say`(_ kind: Backoff.Class, _ seconds: Double) {
        var backoff = Backoff()
        backoff.failed(kind, now: start, random: 0)
        #expect((backoff.wait(now: start) ?? .zero) >= .seconds(seconds))
    }

    @Test func `full jitter spreads the tries over the whole delay`() {
        var backoff = Backoff(attempts: 8, firstFailureAt: start)
        backoff.failed(.transient, now: start, random: 0.5)
        #expect(backoff.wait(now: start) == .seconds(128))
    }

    @Test func `after 24 hours without success it is about an hour`() {
        var backoff = Backoff(attempts: 150, firstFailureAt: start)
        let now = start + .seconds(24 * 3600)
        backoff.failed(.transient, now: now, random: 0)
        #expect(backoff.wait(now: now) == .seconds(2700))
        backoff.failed(.patient, now: now, random: 0.999_999)
        #expect((backoff.wait(now: now) ?? .zero) <= .seconds(3600))
    }

    @Test func `after a week without contact the peer is suspended, until it is heard`() {
        var backoff = Backoff()
        backoff.failed(.transient, now: start, random: 0)
        #expect(!backoff.isSuspended(now: start + .seconds(7 * 86_400 - 1)))
        #expect(backoff.isSuspended(now: start + .seconds(7 * 86_400)))
        backoff.heard(now: start + .seconds(7 * 86_400))
        #expect(!backoff.isSuspended(now: start + .seconds(7 * 86_400)))
    }

    /// The table of docs/federation.md, Answers.
    @Test(arguments: [
        (FederationError.invalid(problem: ""), Backoff.Class.patient), (.badSignature, .patient),
        (.unknownKey, .patient),
        (.clockSkew(now: Instant(seconds: 0)), .patient), (.blocked, .refused), (.notAllowed, .refused),
        (.notFound, .patient), (.lengthRequired, .patient), (.gap(expected: 1), .transient),
        (.epochUnknown(last: 0), .transient), (.tooLarge, .patient), (.version, .refused),
        (.rateLimited(retryAfter: .seconds(3)), .after(.seconds(3))), (.keysUnavailable, .transient),
        (.unavailable(retryAfter: .seconds(3)), .after(.seconds(3))), (.internal, .transient),
    ])
    func `each refusal has its class`(_ error: FederationError, _ expected: Backoff.Class) {
        #expect(PeerFailure.refused(error).backoff == expected)
    }

    @Test func `a delay that the peer names is honoured up to an hour`() {
        var backoff = Backoff()
        backoff.failed(.after(.seconds(90)), now: start, random: 0)
        #expect(backoff.wait(now: start) == .seconds(90))
        backoff.failed(.after(.seconds(1_000_000)), now: start, random: 0)
        #expect(backoff.wait(now: start) == .seconds(3600))
    }

    @Test(arguments: [Duration.zero, .seconds(1)])
    func `a short delay that the peer names again and again is no way to be tried often`(_ named: Duration) {
        var backoff = Backoff()
        for _ in 0..<20 { backoff.failed(.after(named), now: start, random: 0.999) }
        #expect((backoff.wait(now: start) ?? .zero) > .seconds(590))
        backoff.failed(.after(named), now: start + .seconds(24 * 3600), random: 0)
        #expect((backoff.wait(now: start + .seconds(24 * 3600)) ?? .zero) >= .seconds(2700))
    }

    @Test func `success clears it once`() {
        var backoff = Backoff()
        let hadNone = !backoff.clear()
        #expect(hadNone)
        backoff.failed(.transient, now: start, random: 0.5)
        let cleared = backoff.clear()
        #expect(cleared)
        #expect(backoff == Backoff())
        #expect(backoff.wait(now: start) == nil)
    }

    @Test func `hearing the peer ends the wait, a second after the last failure at the soonest`() {
        var backoff = Backoff(attempts: 20, firstFailureAt: start)
        backoff.failed(.transient, now: start, random: 0.9)
        backoff.heard(now: start + .milliseconds(10))
        #expect(backoff.wait(now: start + .milliseconds(10)) == .milliseconds(990))
        #expect(backoff.wait(now: start + .seconds(1)) == nil)
        backoff.failed(.transient, now: start + .seconds(1), random: 0.9)
        #expect(backoff.attempts == 1)
        backoff.heard(now: start + .seconds(100))
        #expect(backoff.wait(now: start + .seconds(100)) == nil)
    }

    @Test func `a clock that was set back prolongs the wait to an hour at most`() {
        var backoff = Backoff()
        backoff.failed(.transient, now: start, random: 0.9)
        #expect((backoff.wait(now: start - .seconds(86_400)) ?? .zero) <= .seconds(3600))
    }

    @Test func `what is restored from the database goes on where it stood`() {
        var backoff = Backoff(attempts: 3, firstFailureAt: start - .seconds(100))
        backoff.failed(.transient, now: start, random: 0.5)
        #expect(backoff.attempts == 4)
        #expect(backoff.firstFailureAt == start - .seconds(100))
        #expect(backoff.wait(now: start) == .seconds(4))
    }

    @Test(arguments: [
        (PeerFailure.connection("x"), Backoff.Class.transient), (.timeout, .transient), (.unsigned, .patient),
        (.answerTooLarge, .patient), (.malformed("x"), .patient), (.keys("x"), .patient), (.notAllowed, .refused),
        (.status(502, retryAfter: nil), .transient), (.status(404, retryAfter: nil), .patient),
        (.status(503, retryAfter: .seconds(9)), .after(.seconds(9))), (.refused(.badSignature), .patient),
        (.refused(.unknownKey), .patient), (.refused(.clockSkew(now: Instant(seconds: 0))), .patient),
        (.refused(.blocked), .refused), (.refused(.notAllowed), .refused), (.refused(.version), .refused),
        (.refused(.rateLimited(retryAfter: .seconds(3))), .after(.seconds(3))),
        (.refused(.unavailable(retryAfter: .seconds(3))), .after(.seconds(3))),
        (.refused(.keysUnavailable), .transient), (.refused(.internal), .transient),
        (.refused(.invalid(problem: "x")), .patient), (.refused(.tooLarge), .patient),
        (.discovery(.noAddress(host: "h")), .transient), (.discovery(.forbiddenPort(1)), .patient),
    ])
    func `every failure has its class`(_ failure: PeerFailure, _ kind: Backoff.Class) {
        #expect(failure.backoff == kind)
        #expect(!failure.reason.isEmpty)
    }
}
