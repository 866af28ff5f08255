import Home
import Support
import Testing
import Wire

@Suite("Private messages and friendships between homeservers")
struct PeerTests {
    @Test("A request goes over, its acceptance comes back")
    func befriend() async throws {
        let pair = try await Pair.make()
        let receipt = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        #expect(receipt.state == .queued)
        #expect(try await pair.a.home.friendRequests(of: pair.alice)[0].state == .queued)
        try await pair.carry(pair.a, pair.b)
        #expect(try await pair.a.home.friendRequests(of: pair.alice)[0].state == .pending)
        #expect(pair.b.delivery.takeEvents().map(described) == ["bob: request from alice"])
        try await pair.b.home.acceptFriendRequest(receipt.requestID, by: pair.bob)
        _ = pair.a.delivery.takeEvents()
        try await pair.carry(pair.b, pair.a)
        #expect(pair.a.delivery.takeEvents().map(described) == ["alice: accepted by bob"])
        #expect(try await pair.friends() == [1, 1])
        await pair.close()
    }

    @Test("Requests that cross make friends, and either side can end it")
    func crossing() async throws {
        for remover in 0...1 {
            let pair = try await Pair.make()
            _ = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
            _ = try await pair.b.home.sendFriendRequest(to: pair.alice.id, from: pair.bob)
            try await pair.carry(pair.a, pair.b)
            try await pair.carry(pair.b, pair.a)
            #expect(try await pair.friends() == [1, 1])
            if remover == 0 {
                try await pair.a.home.removeFriend(pair.bob.id, by: pair.alice)
                try await pair.carry(pair.a, pair.b)
            } else {
                try await pair.b.home.removeFriend(pair.alice.id, by: pair.bob)
                try await pair.carry(pair.b, pair.a)
            }
            #expect(try await pair.friends() == [0, 0])
            await pair.close()
        }
    }

    @Test("A withdrawal that crosses the other's request leaves only that one")
    func withdrawalCrosses() async throws {
        let pair = try await Pair.make()
        let own = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        let theirs = try await pair.b.home.sendFriendRequest(to: pair.alice.id, from: pair.bob)
        try await pair.a.home.withdrawFriendRequest(own.requestID, by: pair.alice)
        try await pair.carry(pair.a, pair.b)
        try await pair.carry(pair.b, pair.a)
        #expect(try await pair.friends() == [0, 0])
        #expect(try await pair.a.home.friendRequests(of: pair.alice).map(\.id) == [theirs.requestID])
        #expect(try await pair.b.home.friendRequests(of: pair.bob).map(\.direction) == [.outgoing])
        try await pair.a.home.acceptFriendRequest(theirs.requestID, by: pair.alice)
        try await pair.carry(pair.a, pair.b)
        #expect(try await pair.friends() == [1, 1])
        await pair.close()
    }

    @Test("An end beats an accept")
    func endBeatsAccept() async throws {
        let pair = try await Pair.make()
        let request = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        try await pair.carry(pair.a, pair.b)
        try await pair.b.home.acceptFriendRequest(request.requestID, by: pair.bob)
        try await pair.a.home.withdrawFriendRequest(request.requestID, by: pair.alice)
        try await pair.carry(pair.b, pair.a)
        try await pair.carry(pair.a, pair.b)
        try await pair.carry(pair.b, pair.a)
        #expect(try await pair.friends() == [0, 0])
        await pair.close()
    }

    @Test("Declining is told to the author")
    func decline() async throws {
        let pair = try await Pair.make()
        let request = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        try await pair.carry(pair.a, pair.b)
        try await pair.b.home.declineFriendRequest(request.requestID, by: pair.bob)
        _ = pair.a.delivery.takeEvents()
        try await pair.carry(pair.b, pair.a)
        #expect(pair.a.delivery.takeEvents().map(described) == ["alice: none bob declined"])
        await pair.close()
    }

    @Test("A message is queued, then delivered, and says so in history")
    func message() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        let receipt = try await pair.a.home.sendDirectMessage(
            to: pair.bob.id, text: "hello", nonce: "n", replyTo: nil, from: pair.alice, stream: nil)
        #expect(receipt.state == .queued)
        func state() async throws -> DeliveryReport.State? {
            try await pair.a.home.directMessages(with: pair.bob.id, page: HistoryPage(), of: pair.alice)
                .messages[0].delivery?.state
        }
        #expect(try await state() == .queued)
        let link = try await pair.a.home.outboundLinks()[0]
        pair.a.time.advance(by: .seconds(31))
        for _ in 0..<2 {
            try await pair.a.home.markDelayed(
                link.peer, server: link.server, olderThan: pair.a.time.now() - .seconds(30))
        }
        #expect(try await state() == .delayed)
        #expect(pair.a.delivery.takeEvents().map(described) == ["sent 1", "delivery delayed"], "delayed is told once")
        try await pair.carry(pair.a, pair.b)
        #expect(try await state() == .delivered)
        #expect(pair.a.delivery.takeEvents().map(described) == ["delivery delivered"])
        #expect(pair.b.delivery.takeEvents().map(described) == ["message 1 from alice"])
        let theirs = try await pair.b.home.directMessages(with: pair.alice.id, page: HistoryPage(), of: pair.bob)
        #expect(theirs.messages.map(\.id) == [receipt.messageID])
        await pair.close()
    }

    @Test("A transaction whose answer was lost has no second effect")
    func lostAnswer() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        for index in 1...5 {
            _ = try await pair.a.home.sendDirectMessage(
                to: pair.bob.id, text: "m\(index)", nonce: nil, replyTo: nil, from: pair.alice, stream: nil)
        }
        let (epoch, events) = try await pair.waiting(pair.a)
        _ = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: Array(events.prefix(3)))
        let again = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: events)
        #expect(again.ack == events.last?.seq && again.rejected.isEmpty)
        let history = try await pair.b.home.directMessages(with: pair.alice.id, page: HistoryPage(), of: pair.bob)
        #expect(history.messages.map(\.text) == ["m1", "m2", "m3", "m4", "m5"])
        await pair.close()
    }

    @Test("A gap, a fork and an unknown epoch are refused and change nothing")
    func refused() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        for text in ["one", "two"] {
            _ = try await pair.a.home.sendDirectMessage(
                to: pair.bob.id, text: text, nonce: nil, replyTo: nil, from: pair.alice, stream: nil)
        }
        let (epoch, events) = try await pair.waiting(pair.a)
        let first = events[0]
        await #expect(throws: TransactionError.gap(expected: first.seq)) {
            _ = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: [events[1]])
        }
        await #expect(throws: TransactionError.epochUnknown(last: first.seq - 1)) {
            _ = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: "other", events: events)
        }
        _ = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: [first])
        let forged = InboundEvent(
            seq: first.seq, id: pair.a.home.ids.next(), type: first.type, sender: first.sender, to: first.to,
            timestamp: first.timestamp, data: first.data)
        await #expect(throws: TransactionError.fork) {
            _ = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: [forged])
        }
        #expect(
            try await pair.b.home.directMessages(with: pair.alice.id, page: HistoryPage(), of: pair.bob).lastSeq == 1)
        await pair.close()
    }

    @Test("What cannot be taken is rejected with a code, told to its author, and what is behind it arrives")
    func rejected() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        let (epoch, _) = try await pair.waiting(pair.a)
        let last = try await pair.b.home.inboundPosition(of: pair.peerAtB.key).last
        func event(
            _ offset: Int64, type: String = "direct.message", sender: String = "alice@a.example",
            to: String = "bob@b.example", data: String = #"{"message":"x"}"#
        ) throws -> InboundEvent {
            let id: EventID = pair.a.home.ids.next()
            return try inbound(
                Array(
                    #"{"seq":\#(last + offset),"id":"\#(id)","type":"\#(type)","ts":"2026-11-23T00:00:00.000Z","#.utf8)
                    + Array(#""sender":"\#(sender)","to":"\#(to)","data":\#(data)}"#.utf8))
        }
        let result = try await pair.b.home.applyTransaction(
            from: pair.peerAtB, epoch: epoch,
            events: [
                try event(1, sender: "mallory@b.example"), try event(2, sender: "eve@c.example"),
                try event(3, to: "nobody@b.example"), try event(4, type: "of.tomorrow"), try event(5, data: "{}"),
                try event(6, sender: "stranger@a.example"), try event(7, data: #"{"message":"good"}"#),
            ])
        #expect(result.ack == last + 7)
        #expect(
            result.rejected.map(\.code) == [
                "forbidden", "forbidden", "not_found", "unsupported", "invalid", "not_friends",
            ])
        #expect(
            try await pair.b.home.directMessages(with: pair.alice.id, page: HistoryPage(), of: pair.bob)
                .messages.map(\.text) == ["good"])
        await pair.close()
    }

    @Test("An author is told why his message failed, and it stays in history as failed")
    func failed() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        try await pair.b.home.removeFriend(pair.alice.id, by: pair.bob)
        _ = try await pair.a.home.sendDirectMessage(
            to: pair.bob.id, text: "too late", nonce: nil, replyTo: nil, from: pair.alice, stream: nil)
        _ = pair.a.delivery.takeEvents()
        #expect(try await pair.carry(pair.a, pair.b).map(\.code) == ["not_friends"])
        #expect(pair.a.delivery.takeEvents().map(described) == ["delivery failed not_friends"])
        let history = try await pair.a.home.directMessages(with: pair.bob.id, page: HistoryPage(), of: pair.alice)
        #expect(history.messages[0].delivery?.state == .failed && history.messages[0].delivery?.reason == "not_friends")
        await pair.close()
    }

    @Test("A request to nobody at a peer fails and leaves nothing behind")
    func unknownAtPeer() async throws {
        let pair = try await Pair.make()
        let nobody = try #require(UserID("bobby@b.example"))
        _ = try await pair.a.home.sendFriendRequest(to: nobody, from: pair.alice)
        _ = pair.a.delivery.takeEvents()
        try await pair.carry(pair.a, pair.b)
        #expect(pair.a.delivery.takeEvents().map(described) == ["bob: failed bobby not_found"])
        #expect(try await pair.a.home.friendRequests(of: pair.alice).isEmpty)
        await pair.close()
    }

    @Test("The same message id from another author is a conflict")
    func conflict() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        let eve = try await pair.a.accounts("eve")[0]
        let request = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: eve)
        try await pair.carry(pair.a, pair.b)
        try await pair.b.home.acceptFriendRequest(request.requestID, by: pair.bob)
        try await pair.carry(pair.b, pair.a)
        _ = try await pair.a.home.sendDirectMessage(
            to: pair.bob.id, text: "mine", nonce: nil, replyTo: nil, from: pair.alice, stream: nil)
        let (epoch, events) = try await pair.waiting(pair.a)
        _ = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: events)
        let stolen = InboundEvent(
            seq: events[0].seq + 1, id: events[0].id, type: events[0].type, sender: eve.id, to: pair.bob.id,
            timestamp: events[0].timestamp, data: events[0].data)
        let result = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: [stolen])
        #expect(result.rejected.map(\.code) == ["conflict"])
        await pair.close()
    }
}
