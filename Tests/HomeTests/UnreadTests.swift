import Postgres
import Support
import Testing
import Wire

@testable import Home

@Suite("Read markers and unread counts")
struct UnreadTests {
    @Test(
        "What the other wrote is unread until it is marked; the marker moves forward only, and no further than there is"
    )
    func marker() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        for (author, receiver) in [(alice, bob), (alice, bob), (alice, bob), (bob, alice), (alice, bob)] {
            try await send("x", nonce: nil, from: author, to: receiver, test)
        }
        let id = try await summary(of: bob, test).conversationID
        #expect(try await counts(of: bob, test) == Counts(lastSeq: 5, readSeq: 0, unread: 4))
        #expect(try await counts(of: alice, test) == Counts(lastSeq: 5, readSeq: 0, unread: 1))
        _ = test.delivery.takeEvents()

        let steps: [(seq: Int64, told: Counts?)] = [
            (0, nil), (2, Counts(lastSeq: 5, readSeq: 2, unread: 2)), (2, nil), (1, nil),
            (4, Counts(lastSeq: 5, readSeq: 4, unread: 1)), (.max, Counts(lastSeq: 5, readSeq: 5, unread: 0)),
            (.max, nil), (5, nil),
        ]
        for step in steps {
            try await test.home.markRead(id, through: step.seq, of: bob)
            let events = test.delivery.takeEvents()
            #expect(events.compactMap(told) == [step.told].compactMap { $0 }, "seq \(step.seq)")
            #expect(events.allSatisfy { $0.recipients == [bob.key] && $0.except == nil })
            if let told = step.told { #expect(try await counts(of: bob, test) == told) }
        }
        let history = try await test.home.directMessages(with: alice.id, page: HistoryPage(), of: bob)
        #expect(history.readSeq == 5)
        #expect(try await counts(of: alice, test) == Counts(lastSeq: 5, readSeq: 0, unread: 1), "hers is her own")
        await test.close()
    }

    @Test("Sending moves nobody's marker, and one's own messages are never unread")
    func ownMessages() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        for _ in 0..<10 { try await send("x", nonce: nil, from: alice, to: bob, test) }
        #expect(try await counts(of: alice, test) == Counts(lastSeq: 10, readSeq: 0, unread: 0))
        #expect(try await counts(of: bob, test) == Counts(lastSeq: 10, readSeq: 0, unread: 10))
        await test.close()
    }

    @Test("Sends and reads of one batch see each other in their order")
    func oneBatch() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        try await send("before the batch", nonce: nil, from: alice, to: bob, test)
        try await send("before the batch", nonce: nil, from: bob, to: alice, test)
        _ = test.delivery.takeEvents()
        func sends(_ author: Account, _ receiver: Account) -> Step {
            let draft = MessageDraft(
                id: test.home.ids.next(), author: local(author), receiver: local(receiver), text: "x", nonce: nil,
                timestamp: test.time.now())
            return .send(SendDirectMessage(draft: draft, receiver: local(receiver), stream: nil))
        }
        func reads(_ seq: Int64) -> Step { .read(MarkRead(account: bob, other: local(alice), seq: seq)) }
        let answers = await test.home.writer.submit(contentsOf: [
            sends(alice, bob), sends(bob, alice), reads(1), reads(3), sends(alice, bob), reads(2), reads(99), reads(5),
            sends(bob, alice), sends(alice, bob), reads(6), sends(alice, bob),
        ])
        #expect(answers.allSatisfy { if case .success = $0 { true } else { false } })
        let events = test.delivery.takeEvents()
        #expect(
            events.compactMap(told) == [
                Counts(lastSeq: 4, readSeq: 1, unread: 1), Counts(lastSeq: 4, readSeq: 3, unread: 0),
                Counts(lastSeq: 5, readSeq: 5, unread: 0), Counts(lastSeq: 7, readSeq: 6, unread: 1),
            ])
        #expect(try replay(events, of: bob, from: [alice, bob]) == Counts(lastSeq: 8, readSeq: 6, unread: 2))
        #expect(try await counts(of: bob, test) == Counts(lastSeq: 8, readSeq: 6, unread: 2))
        await test.close()
    }

    @Test("Whatever is sent and read at the same time, every count told is right where it stands among the messages")
    func interleaved() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        try await send("first", nonce: nil, from: alice, to: bob, test)
        let id = try await summary(of: bob, test).conversationID
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<300 {
                group.addTask {
                    switch index % 3 {
                    case 0: try await send("m\(index)", nonce: nil, from: alice, to: bob, test)
                    case 1: try await send("m\(index)", nonce: nil, from: bob, to: alice, test)
                    default: try await test.home.markRead(id, through: Int64(index / 2), of: bob)
                    }
                }
            }
            try await group.waitForAll()
        }
        let told = try replay(test.delivery.takeEvents(), of: bob, from: [])
        #expect(try await counts(of: bob, test) == told)
        #expect(told.lastSeq == 201)
        await test.close()
    }

    @Test("Somebody else's conversation is no conversation, nor is one that never was")
    func foreign() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let carol = try await test.accounts("carol")[0]
        try await send("x", nonce: nil, from: alice, to: bob, test)
        let id = try await summary(of: bob, test).conversationID
        _ = test.delivery.takeEvents()
        for (conversation, account) in [(id, carol), (test.home.ids.next(), bob)] {
            await #expect(throws: HomeError.notFound("you have no such conversation")) {
                try await test.home.markRead(conversation, through: 1, of: account)
            }
        }
        #expect(test.delivery.events.isEmpty)
        #expect(try await counts(of: bob, test).unread == 1)
        await test.close()
    }

    @Test("A summary has the beginning of the last message, and says whether one can still write")
    func summaries() async throws {
        let test = try await TestHome.make()
        let (alice, bob) = try await friends(on: test)
        let fresh = try await summary(of: bob, test)
        #expect(fresh.lastMessage == nil && fresh.state == .friends)

        let whole = String(repeating: "\u{1F600}", count: 200)
        for (text, isCut) in [(whole, false), (whole + "e", true)] {
            let receipt = try await send(text, nonce: nil, from: alice, to: bob, test)
            for reader in [alice, bob] {
                let last = try #require(try await summary(of: reader, test).lastMessage)
                #expect(last.text == whole && last.isCut == isCut)
                #expect(last.id == receipt.messageID && last.seq == receipt.seq && last.timestamp == receipt.timestamp)
                #expect(last.author == alice.id)
            }
        }
        try await test.home.removeFriend(alice.id, by: bob)
        let ended = try await summary(of: bob, test)
        #expect(ended.state == .none && ended.unread == 2)
        try await test.home.markRead(ended.conversationID, through: 2, of: bob)
        #expect(
            try await counts(of: bob, test) == Counts(lastSeq: 2, readSeq: 2, unread: 0), "reading needs no friendship")
        let request = try await test.home.sendFriendRequest(to: bob.id, from: alice)
        try await test.home.acceptFriendRequest(request.requestID, by: bob)
        #expect(
            try await counts(of: bob, test) == Counts(lastSeq: 2, readSeq: 2, unread: 0), "nor does a new one forget it"
        )
        await test.close()
    }

    @Test("What was there before markers existed counts as read")
    func migration() async throws {
        let client = PostgresClient(PostgresConfiguration(conninfo: try await TestDatabase.make(), connections: 1))
        try await client.start()
        let markers = M004ReadMarkers.migration.name
        _ = try await migrate(client, migrations: Array(Schema.migrations.prefix { $0.name != markers }))
        for statement in [
            "INSERT INTO users (address, created_at) SELECT 'u' || i || '@a.example', now() FROM generate_series(1, 3) i",
            "INSERT INTO accounts (key, password_hash, created_at) SELECT key, 'x', now() FROM users",
            "INSERT INTO conversations (key, id, last_seq, last_n) VALUES (1, gen_random_uuid(), 7, 7)",
            "INSERT INTO roster (owner, other, state, conversation, since) VALUES (1, 2, 'friends', 1, now())",
            "INSERT INTO roster (owner, other, state, since) VALUES (1, 3, 'outgoing', now())",
        ] { try await client.execute(.once(statement)) }
        #expect(try await migrate(client, migrations: Schema.migrations).first == markers)
        let marks = try await client.query("SELECT other, read_seq FROM roster ORDER BY other", as: (Int64, Int64).self)
        #expect(marks.map { $0.0 } == [2, 3] && marks.map { $0.1 } == [7, 0])
        await client.close()
    }
}

/// What `ready` and `unread-changed` say of a conversation.
private struct Counts: Equatable {
    var lastSeq: Int64
    var readSeq: Int64
    var unread: Int64
}

/// A send or a read, so that both can be given to the Writer as one batch.
private enum Step: WriteUnit {
    case send(SendDirectMessage)
    case read(MarkRead)

    func declare(_ needs: inout BatchNeeds) {
        switch self {
        case .send(let unit): unit.declare(&needs)
        case .read(let unit): unit.declare(&needs)
        }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        switch self {
        case .send(let unit): _ = try unit.apply(to: &batch)
        case .read(let unit): try unit.apply(to: &batch)
        }
    }
}

private func local(_ account: Account) -> ResolvedUser {
    ResolvedUser(key: account.key, id: account.id, peer: nil)
}

private func summary(of account: Account, _ test: TestHome) async throws -> DirectSummary {
    try #require(try await test.home.readyState(of: account).direct.first)
}

private func counts(of account: Account, _ test: TestHome) async throws -> Counts {
    let summary = try await summary(of: account, test)
    return Counts(lastSeq: summary.lastSeq, readSeq: summary.readSeq, unread: summary.unread)
}

private func told(_ event: Event) -> Counts? {
    guard case .unreadChanged(let change) = event.body else { return nil }
    return Counts(lastSeq: change.lastSeq, readSeq: change.readSeq, unread: change.unread)
}

/// Reads the events as a client does that counts for itself, and holds every `unread-changed` against that; the counts at the end.
private func replay(_ events: [Event], of reader: Account, from known: [Account]) throws -> Counts {
    var authors = known.map(\.id)
    var readSeq: Int64 = 0
    var counts: Counts {
        let unread = authors.dropFirst(Int(readSeq)).count { $0 != reader.id }
        return Counts(lastSeq: Int64(authors.count), readSeq: readSeq, unread: Int64(unread))
    }
    for event in events where event.recipients == [reader.key] {
        switch event.body {
        case .newPrivateMessage(let message), .privateMessageSent(let message):
            #expect(message.seq == Int64(authors.count) + 1)
            authors.append(message.author)
        case .unreadChanged(let change):
            #expect(change.readSeq > readSeq)
            readSeq = change.readSeq
            #expect(told(event) == counts)
        default: Issue.record("an event of another kind: \(event.body)")
        }
    }
    return counts
}
