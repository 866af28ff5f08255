import Home
import Postgres
import Support
import Testing
import Wire

@Suite("Private messages between users of one homeserver")
struct DirectMessageTests {
    @Test("A message is numbered, stored and told to the receiver and to the author's other sessions")
    func message() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let stream: StreamID = test.home.ids.next()
        let receipt = try await test.home.sendDirectMessage(
            to: bob.id, text: "hello", nonce: "n1", replyTo: nil, from: alice, stream: stream)
        #expect(receipt.seq == 1)
        #expect(receipt.state == .sent)
        #expect(!receipt.duplicate)
        let events = test.delivery.takeEvents()
        #expect(events.count == 2)
        guard case .newPrivateMessage(let told) = events[0].body else {
            return #expect(Bool(false), "first to the receiver")
        }
        #expect(events[0].recipients == [bob.key])
        #expect(told.id == receipt.messageID)
        #expect(told.text == "hello")
        #expect(told.author == alice.id)
        #expect(told.receiver == bob.id)
        guard case .privateMessageSent(let own) = events[1].body else {
            return #expect(Bool(false), "then to the author")
        }
        #expect(events[1].recipients == [alice.key] && events[1].except == stream && own.nonce == "n1")

        let history = try await test.home.directMessages(with: alice.id, page: HistoryPage(), of: bob)
        #expect(history.messages.map(\.text) == ["hello"] && history.lastSeq == 1)
        #expect(history.messages[0].nonce == nil, "a nonce is the author's own")
        let own2 = try await test.home.directMessages(with: bob.id, page: HistoryPage(), of: alice)
        #expect(own2.messages[0].nonce == "n1" && own2.messages[0].delivery == nil)
        await test.close()
    }

    @Test("Messages in a row share a commit; each has an answer of its own, and a refused one keeps none back")
    func messagesInARow() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let nobody = try #require(UserID(local: "nobody", server: test.home.server))
        let messages = [("one", bob.id), ("two", nobody), ("", bob.id), ("four", bob.id), ("one again", bob.id)]
            .map { NewDirectMessage(receiver: $1, text: $0, nonce: $0.hasPrefix("one") ? "1" : nil, replyTo: nil) }
        let answers = await test.home.sendDirectMessages(messages, from: alice, stream: nil)
        let receipts = answers.map { try? $0.get() }
        #expect(receipts.map { $0?.seq } == [1, nil, nil, 2, 1])
        #expect(receipts.map { $0?.duplicate } == [false, nil, nil, false, true])
        #expect(throws: HomeError.notFound("no user has the address in receiver_id")) { try answers[1].get() }
        let told = test.delivery.takeEvents().compactMap { event -> String? in
            if case .newPrivateMessage(let message) = event.body { return message.text }
            return nil
        }
        #expect(told == ["one", "four"])
        let commits = try await test.database.one("SELECT count(DISTINCT xmin::text) FROM messages", as: Int.self)
        #expect(commits == 1)
        #expect(await test.home.sendDirectMessages([], from: alice, stream: nil).isEmpty)
        await test.close()
    }

    @Test("The same nonce gets the first receipt for ever, and has no second effect")
    func nonce() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let first = try await send("one", nonce: "same", from: alice, to: bob, test)
        _ = test.delivery.takeEvents()
        let again = try await send("another body", nonce: "same", from: alice, to: bob, test)
        #expect(again.duplicate)
        #expect(again.messageID == first.messageID)
        #expect(again.seq == first.seq)
        #expect(again.timestamp == first.timestamp)
        #expect(test.delivery.takeEvents().isEmpty)
        let other = try await send("two", nonce: "same", from: bob, to: alice, test)
        #expect(!other.duplicate, "a nonce is unique per author")
        let texts = try await test.home.directMessages(with: bob.id, page: HistoryPage(), of: alice).messages.map(
            \.text)
        #expect(texts == ["one", "two"])
        await test.close()
    }

    @Test("Two sends with one nonce in one batch are one message")
    func nonceInOneBatch() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let receipts = try await withThrowingTaskGroup(of: SendReceipt.self) { group in
            for _ in 0..<20 { group.addTask { try await send("x", nonce: "n", from: alice, to: bob, test) } }
            return try await group.reduce(into: [SendReceipt]()) { $0.append($1) }
        }
        #expect(Set(receipts.map(\.messageID)).count == 1)
        #expect(receipts.filter { !$0.duplicate }.count == 1)
        let history = try await test.home.directMessages(with: bob.id, page: HistoryPage(), of: alice)
        #expect(history.messages.count == 1)
        await test.close()
    }

    @Test("400 sends at once from both sides are gapless and told in the order of their numbers")
    func order() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<400 {
                let (from, to) = index.isMultiple(of: 2) ? (alice, bob) : (bob, alice)
                group.addTask { _ = try await send("m\(index)", nonce: "n\(index)", from: from, to: to, test) }
            }
            try await group.waitForAll()
        }
        let told = test.delivery.takeEvents().compactMap { event -> Int64? in
            if case .newPrivateMessage(let message) = event.body { return message.seq }
            return nil
        }
        #expect(told == Array(1...400))
        let events = try await test.home.directMessages(
            with: bob.id, page: HistoryPage(.after(0), limit: 200), of: alice)
        #expect(events.messages.map(\.seq) == Array(1...200))
        #expect(events.messages.map(\.n) == Array(1...200))
        #expect(events.lastSeq == 400)
        let conversation = try #require(events.conversationID)
        let rest = try await test.home.events(in: conversation, after: 390, limit: 100, of: bob)
        #expect(rest.events.count == 10)
        await test.close()
    }

    @Test("Pages have exclusive cursors and ascend")
    func pages() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        for index in 1...7 { _ = try await send("m\(index)", nonce: nil, from: alice, to: bob, test) }
        func seqs(_ page: HistoryPage) async throws -> [Int64] {
            try await test.home.directMessages(with: bob.id, page: page, of: alice).messages.map(\.seq)
        }
        #expect(try await seqs(HistoryPage(.latest, limit: 3)) == [5, 6, 7])
        #expect(try await seqs(HistoryPage(.before(5), limit: 2)) == [3, 4])
        #expect(try await seqs(HistoryPage(.after(5), limit: 10)) == [6, 7])
        #expect(try await seqs(HistoryPage(.before(1), limit: 10)) == [])
        await test.close()
    }

    @Test("A reply names a message of the same conversation")
    func reply() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let first = try await send("one", nonce: nil, from: alice, to: bob, test)
        _ = try await test.home.sendDirectMessage(
            to: alice.id, text: "re", nonce: nil, replyTo: first.messageID, from: bob, stream: nil)
        let history = try await test.home.directMessages(with: bob.id, page: HistoryPage(), of: alice)
        #expect(history.messages[1].replyTo == first.messageID)
        await #expect(throws: HomeError.notFound("reply_to names no message of this conversation")) {
            _ = try await test.home.sendDirectMessage(
                to: alice.id, text: "re", nonce: nil, replyTo: test.home.ids.next(), from: bob, stream: nil)
        }
        await test.close()
    }

    @Test(
        "What is not a message is refused by name",
        arguments: [
            ("", HomeError.invalid(field: "message", problem: "must not be empty")),
            (" \n\t", .invalid(field: "message", problem: "must not be empty")),
            (
                String(repeating: "x", count: 4001),
                .tooLarge(field: "message", problem: "is longer than 4000 characters")
            ),
            ("a\u{0}b", .invalid(field: "message", problem: "must not contain U+0000")),
        ])
    func badText(text: String, error: HomeError) async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        await #expect(throws: error) { _ = try await send(text, nonce: nil, from: alice, to: bob, test) }
        #expect(try await test.home.directMessages(with: bob.id, page: HistoryPage(), of: alice).messages.isEmpty)
        await test.close()
    }

    @Test("4,000 code points of four bytes each fit exactly")
    func longest() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let text = String(repeating: "\u{1F600}", count: 4000)
        _ = try await send(text, nonce: nil, from: alice, to: bob, test)
        #expect(
            try await test.home.directMessages(with: bob.id, page: HistoryPage(), of: alice).messages[0].text == text)
        await test.close()
    }

    @Test("Receivers that cannot be: oneself, nobody, no friend")
    func receivers() async throws {
        let test = try await TestHome.make()
        let accounts = try await test.accounts("alice", "bob")
        let (alice, bob) = (accounts[0], accounts[1])
        await #expect(throws: HomeError.invalid(field: "receiver_id", problem: "is yourself")) {
            _ = try await send("x", nonce: nil, from: alice, to: alice, test)
        }
        await #expect(throws: HomeError.notFriends) { _ = try await send("x", nonce: nil, from: alice, to: bob, test) }
        let nobody = try #require(UserID("nobody@alpha.example"))
        await #expect(throws: HomeError.notFound("no user has the address in receiver_id")) {
            _ = try await test.home.sendDirectMessage(
                to: nobody, text: "x", nonce: nil, replyTo: nil, from: alice, stream: nil)
        }
        let stranger = try #require(UserID("nobody@elsewhere.example"))
        await #expect(throws: HomeError.notFriends) {
            _ = try await test.home.sendDirectMessage(
                to: stranger, text: "x", nonce: nil, replyTo: nil, from: alice, stream: nil)
        }
        #expect(test.delivery.events.isEmpty)
        await test.close()
    }

    @Test("A bad message in a batch fails alone")
    func oneBadInABatch() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let carol = try await test.accounts("carol")[0]
        let results = await withTaskGroup(of: Bool.self) { group in
            for index in 0..<50 {
                group.addTask {
                    let receiver = index == 25 ? carol : bob
                    return (try? await send("m\(index)", nonce: nil, from: alice, to: receiver, test)) != nil
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(results.filter { !$0 }.count == 1)
        let history = try await test.home.directMessages(
            with: bob.id, page: HistoryPage(.after(0), limit: 200), of: alice)
        #expect(history.messages.map(\.seq) == Array(1...49))
        await test.close()
    }
}

/// Alice and bob, who are friends already.
func friends(on test: TestHome) async throws -> (Account, Account) {
    let accounts = try await test.accounts("alice", "bob")
    let receipt = try await test.home.sendFriendRequest(to: accounts[1].id, from: accounts[0])
    try await test.home.acceptFriendRequest(receipt.requestID, by: accounts[1])
    _ = test.delivery.takeEvents()
    return (accounts[0], accounts[1])
}

@discardableResult
func send(
    _ text: String, nonce: String?, from author: Account, to receiver: Account, _ test: TestHome
) async throws -> SendReceipt {
    try await test.home.sendDirectMessage(
        to: receiver.id, text: text, nonce: nonce, replyTo: nil, from: author, stream: nil)
}
