import Support
import Testing
import Wire

@testable import Home

@Suite("What a peer that is known can leave behind is bounded")
struct HostilePeerTests {
    @Test("Of one homeserver a hundred wait, of all of them a thousand")
    func bounds() {
        var some = OpenRequests(ofPeer: 98, all: 500)
        let taken = [some.take(), some.take(), some.take()]
        #expect(taken == [true, true, false])
        #expect(some.ofPeer == 100 && some.all == 502)
        var full = OpenRequests(ofPeer: 0, all: 1000)
        let more = full.take()
        #expect(!more)
    }

    @Test("What a peer asks beyond that is rejected and leaves no account behind; who has asked already may again")
    func flood() async throws {
        let test = try await TestHome.make()
        let bob = try await test.accounts("bob")[0]
        let evil = try #require(ServerName("evil.example"))
        let peer = try await test.home.knownPeer(named: evil)
        _ = try await test.home.openInboundEpoch("E1", firstSeq: 1, of: peer.key)
        var seq: Int64 = 0
        func request(from name: String) throws -> InboundEvent {
            seq += 1
            let id: FriendRequestID = test.home.ids.next()
            return InboundEvent(
                seq: seq, id: EventID(id), type: "friend.request",
                sender: try #require(UserID(local: name, server: evil)),
                to: bob.id, timestamp: test.home.time.now(),
                data: try #require(JSON.parse(#"{"request_id":"\#(id)"}"#).object))
        }
        let first = try (1...60).map { try request(from: "user\($0)") }
        let second = try (61...120).map { try request(from: "user\($0)") } + [request(from: "user1")]
        let taken = try await test.home.applyTransaction(from: peer, epoch: "E1", events: first)
        #expect(taken.rejected.isEmpty)
        let mixed = try await test.home.applyTransaction(from: peer, epoch: "E1", events: second)
        #expect(mixed.rejected == (101...120).map { RejectedEvent(seq: $0, code: "rate_limited") })
        #expect(try await test.home.friendRequests(of: bob).count == OpenRequests.maximumOfPeer)
        let stranger = try #require(UserID(local: "user101", server: evil))
        #expect(try await test.home.directory.resolve(stranger) == nil)

        // What is answered makes room.
        let waiting = try await test.home.friendRequests(of: bob)[0]
        try await test.home.declineFriendRequest(waiting.id, by: bob)
        let later = try request(from: "user121")
        #expect(try await test.home.applyTransaction(from: peer, epoch: "E1", events: [later]).rejected.isEmpty)
        await test.close()
    }

    @Test("Of a peer's dead letters the newest are kept")
    func deadLetters() async throws {
        let test = try await TestHome.make()
        let bob = try await test.accounts("bob")[0]
        for name in ["evil.example", "good.example"] {
            let server = try #require(ServerName(name))
            let peer = try await test.home.knownPeer(named: server)
            _ = try await test.home.openInboundEpoch("E1", firstSeq: 1, of: peer.key)
            let events = try (1...(name == "evil.example" ? 7 : 2)).map { seq in
                InboundEvent(
                    seq: Int64(seq), id: test.home.ids.next(), type: "strange",
                    sender: try #require(UserID(local: "x", server: server)), to: bob.id,
                    timestamp: test.home.time.now(), data: JSONObject())
            }
            let answer = try await test.home.applyTransaction(from: peer, epoch: "E1", events: events)
            #expect(answer.rejected.count == events.count)
        }
        let store = test.home.peerStore
        let evil = try await test.home.knownPeer(named: try #require(ServerName("evil.example")))
        let good = try await test.home.knownPeer(named: try #require(ServerName("good.example")))
        func left(_ peer: Peer) async throws -> [Int64] {
            try await store.inboundRejections(from: 1, through: 7, atMost: 100, of: peer.key, epoch: "E1").map(\.seq)
        }
        #expect(try await store.lastDeadLetter(of: good.key, behind: 2) == nil)
        let last = try #require(try await store.lastDeadLetter(of: evil.key, behind: 3))
        let first = try #require(
            try await store.purgeDeadLetters(of: evil.key, after: .min, through: last, chunk: 3))
        #expect(first.count == 3)
        #expect(try await left(evil) == [4, 5, 6, 7], "the oldest go first, a chunk at a time")
        // Again from the beginning, as in the next hour.
        try await test.home.purgeDeadLetters(keeping: 3, chunk: 3)
        #expect(try await left(evil) == [5, 6, 7])
        #expect(try await store.purgeDeadLetters(of: evil.key, after: first.last, through: last, chunk: 3) == nil)
        try await test.home.purgeDeadLetters(keeping: 2, chunk: 1)
        #expect(try await left(evil) == [6, 7])
        #expect(try await left(good) == [1, 2])
        await test.close()
    }
}
