import Support
import Testing
import Wire

@testable import Home

@Suite struct ReadinessTests {
    @Test func `the database is asked again after a second, not sooner`() async throws {
        let home = try await TestHome.make()
        #expect(await home.home.isReady)
        await home.close()
        // As it was a moment ago.
        home.time.advance(by: .milliseconds(999))
        #expect(await home.home.isReady)
        home.time.advance(by: .milliseconds(1))
        #expect(await !home.home.isReady)
    }

    @Test func `whoever stops waiting for the answer makes it no other one`() async throws {
        let home = try await TestHome.make()
        let asking = Task { await home.home.isReady }
        asking.cancel()
        #expect(await asking.value)
        #expect(await home.home.isReady)
        await home.close()
    }

    @Test func `an answer that is too old is nobody's while the next one is waited for`() async {
        let time = ManualTime(now: Instant(seconds: 1))
        let (questions, asked) = AsyncStream.makeStream(of: CheckedContinuation<Bool, Never>.self)
        let readiness = Readiness(time: time) { await withCheckedContinuation { asked.yield($0) } }
        var question = questions.makeAsyncIterator()
        let first = Task { await readiness.isReady }
        await question.next()?.resume(returning: true)
        #expect(await first.value)

        time.advance(by: .seconds(3600))
        let second = Task { await readiness.isReady }
        let pending = await question.next()
        // They come while the database is being asked, and get its answer, not the one of an hour ago.
        let others = (1...3).map { _ in Task.immediate { await readiness.isReady } }
        pending?.resume(returning: false)
        #expect(await !second.value)
        for other in others { #expect(await !other.value) }
        // One question was enough for all of them.
        asked.finish()
        #expect(await question.next() == nil)
    }
}
