import Home
import Testing

@testable import ClientAPI

/// Token buckets and what "five times over" means.
struct RateLimitTests {
    private let alice = UserKey(1)
    private let bob = UserKey(17)

    @Test("a bucket gives its burst, then its rate, and says exactly how long to wait")
    func bucket() {
        let rule = RateRule(burst: 3, perSecond: 2)
        var bucket = TokenBucket(rule, at: .seconds(100))
        func waits(_ milliseconds: Int) -> Duration? {
            bucket.take(rule, at: .seconds(100) + .milliseconds(milliseconds))
        }
        let atOnce = [waits(0), waits(0), waits(0), waits(0)]
        #expect(atOnce == [nil, nil, nil, .milliseconds(500)])
        let later = [waits(499), waits(500), waits(1000)]
        #expect(later == [.milliseconds(1), nil, nil])
        let fullness = [2000, 3000].map { bucket.isFull(rule, at: .seconds(100) + .milliseconds($0)) }
        #expect(fullness == [false, true])
    }

    @Test("a clock that stands still or goes back gives nothing")
    func clock() {
        let rule = RateRule(burst: 1, perSecond: 1)
        var bucket = TokenBucket(rule, at: .seconds(100))
        let waits = [100, 50, 101].map { bucket.take(rule, at: .seconds($0)) }
        #expect(waits == [nil, .seconds(1), nil])
    }

    @Test("what stays: 120 at once, then one in half a minute")
    func creations() {
        let limits = RateLimits(isEnabled: true)
        for _ in 0..<120 { #expect(limits.admit(alice, .creation, at: .seconds(1)) == .admitted) }
        #expect(limits.admit(alice, .creation, at: .seconds(1)) == .refused(retryAfter: .seconds(30)))
        #expect(limits.admit(alice, .command, at: .seconds(1)) == .admitted)
        #expect(limits.admit(alice, .creation, at: .seconds(31)) == .admitted)
    }

    @Test("messages: 50 at once, then 5 a second; the user's sockets share them, other users do not")
    func messages() {
        let limits = RateLimits(isEnabled: true)
        for _ in 0..<50 { #expect(limits.admit(alice, .message, at: .seconds(1)) == .admitted) }
        #expect(limits.admit(alice, .message, at: .seconds(1)) == .refused(retryAfter: .milliseconds(200)))
        #expect(limits.admit(alice, .command, at: .seconds(1)) == .admitted)
        #expect(limits.admit(bob, .message, at: .seconds(1)) == .admitted)
        for _ in 0..<5 { #expect(limits.admit(alice, .message, at: .seconds(2)) == .admitted) }
        #expect(limits.admit(alice, .message, at: .seconds(2)) != .admitted)
    }

    @Test("other commands: 120 in 60 s")
    func commands() {
        let limits = RateLimits(isEnabled: true)
        for _ in 0..<120 { #expect(limits.admit(alice, .command, at: .seconds(1)) == .admitted) }
        #expect(limits.admit(alice, .command, at: .seconds(1)) == .refused(retryAfter: .milliseconds(500)))
        for _ in 0..<120 { #expect(limits.admit(alice, .command, at: .seconds(61)) == .admitted) }
    }

    @Test("five times over is abuse, and a patient user is never accused of it")
    func abuse() {
        let limits = RateLimits(isEnabled: true)
        var refused = 0
        for _ in 0..<250 {
            if case .refused = limits.admit(alice, .message, at: .seconds(1)) { refused += 1 }
        }
        #expect(refused == 200)
        #expect(limits.admit(alice, .message, at: .seconds(1)) == .abuse)
        // Once a second a few too many, for ten minutes.
        for second in 1...600 {
            for _ in 0..<10 {
                #expect(limits.admit(bob, .message, at: .seconds(second)) != .abuse)
            }
        }
    }

    @Test("switched off, everything is admitted and nothing is kept")
    func disabled() {
        let limits = RateLimits(isEnabled: false)
        for _ in 0..<1000 { #expect(limits.admit(alice, .message, at: .seconds(1)) == .admitted) }
        #expect(limits.count == 0)
    }

    @Test("full buckets are forgotten, so that memory follows who is active")
    func memory() {
        let limits = RateLimits(isEnabled: true)
        for minute in 0..<20 {
            for user in 0..<10_000 {
                _ = limits.admit(UserKey(Int64(minute * 10_000 + user)), .command, at: .seconds(minute * 60))
            }
        }
        #expect(limits.count <= 2 * 10_000 + 16 * 256)
    }
}
