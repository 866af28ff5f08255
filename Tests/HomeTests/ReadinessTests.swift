import Home
import Support
import Testing
import Wire

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
}
