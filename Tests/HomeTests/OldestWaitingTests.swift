import Home
import Support
import Testing
import Wire

@Suite struct OldestWaitingTests {
    @Test func `a lane is as old as its first event that was not acknowledged`() async throws {
        let home = try await TestHome.make()
        let alice = try await home.accounts("alice")[0]
        let began = home.time.now()
        for name in ["bob", "carol"] {
            let receiver = try #require(UserID("\(name)@b.example"))
            _ = try await home.home.sendFriendRequest(to: receiver, from: alice)
            home.time.advance(by: .seconds(60))
        }
        let link = try #require(try await home.home.outboundLinks().first)
        #expect(try await home.home.oldestWaiting() == [link.peer: began])
        for (through, expected) in [(Int64(1), [link.peer: began + .seconds(60)]), (2, [:])] {
            try await home.home.acknowledge(
                link.peer, server: link.server, epoch: link.epoch, through: through, rejected: [])
            #expect(try await home.home.oldestWaiting() == expected)
        }
        await home.close()
    }
}
