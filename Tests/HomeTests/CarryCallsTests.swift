import Support
import Synchronization
import Testing
import Wire

@testable import Home

/// What a homeserver does around requests that it carries to others.
@Suite(.timeLimit(.minutes(1)))
struct CarryCallsTests {
    private final class Flag: Sendable {
        let state = Mutex(false)
    }

    @Test func `who waits for a lane is told when it has come so far, and no sooner`() async {
        let waits = LaneWaits()
        let (peer, other) = (PeerKey(1), PeerKey(2))
        let waiter = waits.begin(peer, CarriedAnswer.Place(epoch: "E", seq: 5))
        let isTold = Flag()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await waiter.arrived.wait()
                isTold.state.withLock { $0 = true }
            }
            for (epoch, seq, of) in [("E", 4, peer), ("F", 9, peer), ("E", 9, other)] as [(String, Int64, PeerKey)] {
                waits.applied(epoch, through: seq, of: of)
                await Task.yield()
                #expect(!isTold.state.withLock { $0 })
            }
            waits.applied("E", through: 5, of: peer)
        }
        waits.end(waiter, of: peer)
    }

    @Test func `where the host of a link is`() async throws {
        let test = try await TestHome.make()
        let code = InviteLinkCode.make()
        let host = try #require(test.home.host(ofLink: "\(code)@beta.example"))
        #expect(host.server.text == "beta.example" && host.code == code)
        for text in [
            code, "\(code)@alpha.example", "\(code)@", "\(code)@Beta", "@beta.example", "short@beta.example",
            "\(code)@a@beta.example", "",
        ] {
            #expect(test.home.host(ofLink: text) == nil, "\(text)")
        }
        await test.close()
    }

    @Test func `a stranger has a key that is no row's, and each one of his own`() async throws {
        let test = try await TestHome.make()
        let peer = try await test.home.knownPeer(named: try #require(ServerName("beta.example")))
        let bob = try await test.home.caller(try #require(UserID("bob@beta.example")), of: peer)
        let eve = try await test.home.caller(try #require(UserID("eve@beta.example")), of: peer)
        #expect(bob.key.value < 0 && eve.key.value < 0 && bob.key != eve.key && !bob.isLocal)
        let met = try await test.home.met(bob)
        #expect(met.key.value > 0 && met.peer?.name.text == "beta.example")
        #expect(try await test.home.caller(bob.id, of: peer).key == met.key)
        await test.close()
    }
}
