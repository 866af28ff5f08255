import Support
import Testing
import Wire

@testable import Home

@Suite("Blocking")
struct BlockTests {
    @Test("A block ends the friendship and looks like a removal; neither can write, and only the blocker knows why")
    func friend() async throws {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob")
        let (alice, bob) = (people[0], people[1])
        try await test.befriend(alice, bob)
        try await test.home.block(bob.id, by: alice)
        #expect(test.delivery.takeEvents().map(described) == ["bob: none alice removed", "alice: blocked bob"])
        try await test.home.block(bob.id, by: alice)
        #expect(test.delivery.takeEvents().isEmpty)
        #expect(try await test.home.blocks(of: alice).map(\.user) == [bob.id])
        #expect(try await test.home.blocks(of: bob).isEmpty)
        #expect(try await test.home.friends(of: bob).isEmpty)
        await #expect(throws: HomeError.blocked) { try await test.write(from: alice, to: bob) }
        await #expect(throws: HomeError.notFriends) { try await test.write(from: bob, to: alice) }
        await #expect(throws: HomeError.blocked) { _ = try await test.home.sendFriendRequest(to: bob.id, from: alice) }
        let ready = try await test.home.readyState(of: alice)
        #expect(ready.blocks.map(\.user) == [bob.id] && ready.friends.isEmpty && ready.direct[0].state == .none)
        await test.close()
    }

    @Test("A blocked one's request waits unseen, can be withdrawn, and comes up when the block ends")
    func request() async throws {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob")
        let (alice, bob) = (people[0], people[1])
        try await test.home.block(bob.id, by: alice)
        _ = test.delivery.takeEvents()
        let first = try await test.home.sendFriendRequest(to: alice.id, from: bob)
        #expect(first.state == .pending)
        #expect(test.delivery.takeEvents().map(described) == ["bob: outgoing alice"])
        #expect(try await test.home.friendRequests(of: alice).isEmpty)
        #expect(try await test.home.friendRequests(of: bob).count == 1)
        await #expect(throws: HomeError.notFound("you have no such friend request")) {
            try await test.home.acceptFriendRequest(first.requestID, by: alice)
        }
        try await test.home.withdrawFriendRequest(first.requestID, by: bob)
        #expect(test.delivery.takeEvents().map(described) == ["bob: none alice withdrawn"])
        #expect(try await test.home.blocks(of: alice).count == 1)
        let second = try await test.home.sendFriendRequest(to: alice.id, from: bob)
        _ = test.delivery.takeEvents()
        try await test.home.unblock(bob.id, by: alice)
        #expect(test.delivery.takeEvents().map(described) == ["alice: none bob unblocked", "bob: request from bob"])
        try await test.home.acceptFriendRequest(second.requestID, by: alice)
        #expect(try await test.home.friends(of: bob).map(\.user) == [alice.id])
        await #expect(throws: HomeError.notFound("you have not blocked this user")) {
            try await test.home.unblock(bob.id, by: alice)
        }
        await test.close()
    }

    @Test("Open requests end like declined and withdrawn ones; both can block each other")
    func requests() async throws {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob", "carol")
        let (alice, bob, carol) = (people[0], people[1], people[2])
        _ = try await test.home.sendFriendRequest(to: alice.id, from: bob)
        _ = try await test.home.sendFriendRequest(to: carol.id, from: alice)
        _ = test.delivery.takeEvents()
        try await test.home.block(bob.id, by: alice)
        #expect(test.delivery.takeEvents().map(described) == ["bob: none alice declined", "alice: blocked bob"])
        try await test.home.block(carol.id, by: alice)
        let withdrawn = test.delivery.takeEvents()
        guard case .friendshipChanged(let change) = withdrawn[0].body else {
            Issue.record("a change of a friendship")
            return
        }
        #expect(change.reason == .withdrawn && withdrawn[0].recipients == [carol.key])
        try await test.home.block(alice.id, by: bob)
        try await test.home.unblock(bob.id, by: alice)
        #expect(try await test.home.blocks(of: bob).map(\.user) == [alice.id], "the other's block stays")
        await #expect(throws: HomeError.invalid(field: "address", problem: "is yourself")) {
            try await test.home.block(alice.id, by: alice)
        }
        let nobody = try #require(UserID("nobody@alpha.example"))
        await #expect(throws: HomeError.notFound("no user has this address")) {
            try await test.home.block(nobody, by: alice)
        }
        await test.close()
    }

    @Test("Across homeservers: the friendship ends there as a removal, a request of the blocked waits unseen")
    func peer() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        try await pair.a.home.block(pair.bob.id, by: pair.alice)
        #expect(try await pair.carry(pair.a, pair.b) == [])
        guard case .friendshipChanged(let change) = try #require(pair.b.delivery.takeEvents().first).body else {
            Issue.record("a change of a friendship")
            return
        }
        #expect(change.state == .none && change.reason == .removed)
        let request = try await pair.b.home.sendFriendRequest(to: pair.alice.id, from: pair.bob)
        _ = pair.a.delivery.takeEvents()
        #expect(try await pair.carry(pair.b, pair.a) == [], "it is acknowledged like any other")
        #expect(pair.a.delivery.takeEvents().isEmpty)
        #expect(try await pair.a.home.friendRequests(of: pair.alice).isEmpty)
        #expect(try await pair.agree())
        try await pair.a.home.unblock(pair.bob.id, by: pair.alice)
        #expect(try await pair.a.home.friendRequests(of: pair.alice).map(\.id) == [request.requestID])
        #expect(try await pair.agree())
        await pair.close()
    }
}

extension TestHome {
    fileprivate func write(from author: Account, to receiver: Account) async throws {
        _ = try await home.sendDirectMessage(
            to: receiver.id, text: "hello", nonce: nil, replyTo: nil, from: author, stream: nil)
    }
}
