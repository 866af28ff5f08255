import Testing
import Wire

@testable import Federation

/// Token buckets: how many at once, how fast again, and what a flood of keys does.
struct RateBucketsTests {
    @Test func `a burst passes, then one each interval`() {
        let buckets = RateBuckets<String>(burst: 3, rate: 2)
        #expect((0..<3).allSatisfy { _ in buckets.take("a", now: .zero) == nil })
        #expect(buckets.take("a", now: .zero) == .milliseconds(500))
        #expect(buckets.take("b", now: .zero) == nil)
        #expect(buckets.take("a", now: .milliseconds(500)) == nil)
        #expect(buckets.take("a", now: .milliseconds(500)) != nil)
        #expect((0..<3).allSatisfy { _ in buckets.take("a", now: .seconds(100)) == nil })
        #expect(buckets.take("a", now: .seconds(100)) != nil)
    }

    @Test func `what is given back does not count`() {
        let buckets = RateBuckets<Int>(burst: 1, rate: 1)
        for _ in 0..<10 {
            #expect(buckets.take(1, now: .zero) == nil)
            buckets.giveBack(1, now: .zero)
        }
        #expect(buckets.take(1, now: .zero) == nil)
        #expect(buckets.take(1, now: .zero) != nil)
    }

    @Test func `a flood of keys neither grows without bound nor pushes out who has used his up`() {
        let buckets = RateBuckets<Int>(burst: 1, rate: 1, capacity: 3)
        for key in 1...3 { #expect(buckets.take(key, now: .zero) == nil) }
        #expect(buckets.take(4, now: .zero) != nil)
        #expect(buckets.take(1, now: .zero) != nil)
        #expect(buckets.take(4, now: .seconds(1)) == nil)
    }
}
