import Home
import Support
import Testing
import Wire

@Suite("Friendships on one homeserver")
struct FriendTests {
    @Test("A request is told to the receiver, listed on both sides, and accepted")
    func accept() async throws {
        let test = try await TestHome.make()
        let accounts = try await test.accounts("alice", "bob")
        let (alice, bob) = (accounts[0], accounts[1])
        let receipt = try await test.home.sendFriendRequest(to: bob.id, from: alice)
        #expect(receipt.state == .pending)
        #expect(test.delivery.takeEvents().map(described) == ["alice: outgoing bob", "bob: request from alice"])
        let incoming = try await test.home.friendRequests(of: bob)
        #expect(incoming.map(\.id) == [receipt.requestID] && incoming[0].direction == .incoming)
        #expect(try await test.home.friendRequests(of: alice)[0].direction == .outgoing)

        try await test.home.acceptFriendRequest(receipt.requestID, by: bob)
        #expect(test.delivery.takeEvents().map(described) == ["bob: friends alice", "alice: accepted by bob"])
        #expect(try await test.home.friends(of: alice).map(\.user) == [bob.id])
        #expect(try await test.home.friends(of: bob).map(\.user) == [alice.id])
        #expect(try await test.home.friendRequests(of: bob).isEmpty)
        try await test.home.acceptFriendRequest(receipt.requestID, by: bob)
        #expect(test.delivery.takeEvents().isEmpty, "accepting twice tells nobody twice")
        let ready = try await test.home.readyState(of: alice)
        #expect(ready.direct.map(\.user) == [bob.id] && ready.friends.count == 1 && ready.friendRequests.isEmpty)
        await test.close()
    }

    @Test("Asking again is the same request, asking back makes friends, asking a friend is a conflict")
    func again() async throws {
        let test = try await TestHome.make()
        let accounts = try await test.accounts("alice", "bob")
        let (alice, bob) = (accounts[0], accounts[1])
        let first = try await test.home.sendFriendRequest(to: bob.id, from: alice)
        let second = try await test.home.sendFriendRequest(to: bob.id, from: alice)
        #expect(first.requestID == second.requestID)
        _ = test.delivery.takeEvents()
        let crossing = try await test.home.sendFriendRequest(to: alice.id, from: bob)
        #expect(crossing.state == .friends && crossing.requestID == first.requestID)
        #expect(test.delivery.takeEvents().map(described) == ["bob: friends alice", "alice: accepted by bob"])
        await #expect(throws: HomeError.conflict("you are friends already")) {
            _ = try await test.home.sendFriendRequest(to: alice.id, from: bob)
        }
        await test.close()
    }

    @Test("Decline, withdraw and remove end it on both sides, and an ended request cannot be accepted")
    func end() async throws {
        let test = try await TestHome.make()
        let accounts = try await test.accounts("alice", "bob")
        let (alice, bob) = (accounts[0], accounts[1])
        let declined = try await test.home.sendFriendRequest(to: bob.id, from: alice)
        _ = test.delivery.takeEvents()
        try await test.home.declineFriendRequest(declined.requestID, by: bob)
        #expect(test.delivery.takeEvents().map(described) == ["bob: none alice declined", "alice: none bob declined"])
        let withdrawn = try await test.home.sendFriendRequest(to: bob.id, from: alice)
        #expect(withdrawn.requestID != declined.requestID)
        try await test.home.withdrawFriendRequest(withdrawn.requestID, by: alice)
        await #expect(throws: HomeError.notFound("you have no such friend request")) {
            try await test.home.acceptFriendRequest(withdrawn.requestID, by: bob)
        }
        let kept = try await test.home.sendFriendRequest(to: bob.id, from: alice)
        try await test.home.acceptFriendRequest(kept.requestID, by: bob)
        try await send("hello", nonce: nil, from: alice, to: bob, test)
        try await test.home.removeFriend(bob.id, by: alice)
        #expect(try await test.home.friends(of: bob).isEmpty)
        await #expect(throws: HomeError.notFriends) { try await send("again", nonce: nil, from: bob, to: alice, test) }
        let history = try await test.home.directMessages(with: alice.id, page: HistoryPage(), of: bob)
        #expect(history.messages.map(\.text) == ["hello"], "the conversation outlives the friendship")

        let renewed = try await test.home.sendFriendRequest(to: alice.id, from: bob)
        try await test.home.acceptFriendRequest(renewed.requestID, by: alice)
        try await send("back", nonce: nil, from: bob, to: alice, test)
        let same = try await test.home.directMessages(with: alice.id, page: HistoryPage(), of: bob)
        #expect(same.conversationID == history.conversationID && same.lastSeq == 2)
        await test.close()
    }

    @Test("A request is nobody else's business")
    func others() async throws {
        let test = try await TestHome.make()
        let accounts = try await test.accounts("alice", "bob", "mallory")
        let request = try await test.home.sendFriendRequest(to: accounts[1].id, from: accounts[0])
        let refusal = HomeError.notFound("you have no such friend request")
        await #expect(throws: refusal) { try await test.home.acceptFriendRequest(request.requestID, by: accounts[2]) }
        await #expect(throws: refusal) { try await test.home.acceptFriendRequest(request.requestID, by: accounts[0]) }
        await #expect(throws: refusal) { try await test.home.declineFriendRequest(request.requestID, by: accounts[0]) }
        await #expect(throws: refusal) { try await test.home.withdrawFriendRequest(request.requestID, by: accounts[1]) }
        await #expect(throws: HomeError.invalid(field: "user_id", problem: "is yourself")) {
            _ = try await test.home.sendFriendRequest(to: accounts[0].id, from: accounts[0])
        }
        let nobody = try #require(UserID("nobody@alpha.example"))
        await #expect(throws: HomeError.notFound("no user has the address in user_id")) {
            _ = try await test.home.sendFriendRequest(to: nobody, from: accounts[0])
        }
        await test.close()
    }
}

/// An event as a line: who is told what.
func described(_ event: Event) -> String {
    switch event.body {
    case .newPrivateMessage(let message): "message \(message.seq) from \(message.author.local)"
    case .privateMessageSent(let message): "sent \(message.seq)"
    case .unreadChanged(let change): "read \(change.readSeq), \(change.unread) unread"
    case .delivery(let report): "delivery \(report.state.rawValue)\(report.reason.map { " \($0)" } ?? "")"
    case .newFriendRequest(let notice): "bob: request from \(notice.user.local)"
    case .friendRequestAccepted(let notice): "alice: accepted by \(notice.user.local)"
    case .ownStatusChanged(let own): "own \(own.status.rawValue)\(own.showsLastSeen ? "" : ", last seen hidden")"
    case .friendshipChanged(let change):
        "\(change.user.local == "bob" ? "alice" : "bob"): \(change.state.rawValue) \(change.user.local)"
            + (change.reason.map { " \($0.rawValue)" } ?? "") + (change.code.map { " \($0)" } ?? "")
    case .newChannelMessage, .messageDeleted, .channelUnreadChanged, .newServerInvite, .serverInviteChanged,
        .communityChanged, .channelChanged, .memberChanged, .reportChanged:
        "of a community"
    }
}
