import Postgres
import Support
import Testing
import Wire

@testable import Home

/// What waits for a peer and does not get through: quotas, the operator's word, and what becomes of the numbers.
struct OutboxTests {
    private func send(_ text: String, _ pair: Pair) async throws {
        _ = try await pair.a.home.sendDirectMessage(
            to: pair.bob.id, text: text, nonce: nil, replyTo: nil, from: pair.alice, stream: nil)
    }

    private func texts(_ pair: Pair) async throws -> [String] {
        try await pair.b.home.directMessages(with: pair.alice.id, page: HistoryPage(), of: pair.bob).messages.map(
            \.text)
    }

    private func failures(_ home: TestHome) -> [String] {
        home.delivery.takeEvents().map(described).filter { $0.contains("failed") }
    }

    private func operators(_ home: TestHome) -> PeerAdministration {
        PeerAdministration(database: home.database, us: home.home.server, actor: "test", time: home.time)
    }

    private func lane(
        events: Int64 = 1, bytes: Int64 = 1, settled: Int64 = 10, failThrough: Int64 = 0, policy: PeerPolicy = .pending,
        oldest: Int64 = 0
    ) throws -> WaitingLane {
        WaitingLane(
            peer: PeerKey(1), server: try #require(ServerName("b.example")), policy: policy, settled: settled,
            last: settled + events, failThrough: failThrough, events: events, bytes: bytes,
            oldest: Instant(seconds: oldest))
    }

    @Test func `what is to fail of a lane`() throws {
        let quota = OutboxQuota(events: 5, bytes: 100, age: .seconds(60))
        let now = Instant(seconds: 60)
        func verdict(_ lane: WaitingLane) -> LaneVerdict { LaneVerdict(of: lane, quota: quota, now: now) }
        #expect(verdict(try lane(events: 5, bytes: 100, oldest: 1)) == .keep)
        #expect(verdict(try lane(events: 7, oldest: 1)) == .fail(through: 12, .expired))
        #expect(verdict(try lane(bytes: 101, oldest: 1)) == .failBytes(above: 100))
        #expect(verdict(try lane(oldest: 0)) == .failOlder(than: Instant(seconds: 0)))
        #expect(verdict(try lane(events: 7, failThrough: 10, oldest: 1)) == .fail(through: 12, .expired))
        #expect(verdict(try lane(events: 3, failThrough: 12, oldest: 1)) == .fail(through: 12, .removed))
        #expect(verdict(try lane(events: 7, failThrough: 12, policy: .blocked)) == .fail(through: 17, .blocked))
    }

    @Test func `above the quota the oldest fail with notice, their numbers go on, and the rest arrives`() async throws {
        let pair = try await Pair.make(quota: OutboxQuota(events: 3))
        try await pair.befriend()
        for number in 1...5 { try await send("m\(number)", pair) }
        try await pair.a.home.sweepOutboxes()
        #expect(failures(pair.a) == ["delivery failed expired", "delivery failed expired"])
        #expect(pair.a.delivery.rereads.count == 1)
        let link = try await pair.a.home.outboundLinks()[0]
        #expect(link.waitingEvents == 3)
        let rows = try await pair.a.home.outbox(of: link.peer, server: link.server, after: link.acked, limit: 100)
        #expect(rows.count == 5)
        #expect(String(decoding: rows[0].json, as: UTF8.self) == #"{"seq":\#(rows[0].seq),"type":"expired"}"#)
        try await pair.a.home.sweepOutboxes()
        #expect(failures(pair.a).isEmpty, "told once")
        #expect(try await pair.carry(pair.a, pair.b).isEmpty)
        #expect(try await texts(pair) == ["m3", "m4", "m5"])
        #expect(failures(pair.a).isEmpty)
        let states = try await pair.a.home.directMessages(with: pair.bob.id, page: HistoryPage(), of: pair.alice)
            .messages.map { $0.delivery?.state.rawValue }
        #expect(states == ["failed", "failed", "delivered", "delivered", "delivered"])
        #expect(try await pair.a.home.outboundLinks()[0].waitingEvents == 0)
        #expect(try await pair.a.home.outboundLinks()[0].waitingBytes == 0)
        await pair.close()
    }

    @Test func `bytes and age have their quota too, and a request that expires leaves nothing behind`() async throws {
        let pair = try await Pair.make(quota: OutboxQuota(bytes: 1000, age: .seconds(3600)))
        try await pair.befriend()
        for _ in 1...3 { try await send(String(repeating: "x", count: 400), pair) }
        try await pair.a.home.sweepOutboxes()
        #expect(failures(pair.a).count == 2)
        pair.a.time.advance(by: .seconds(1800))
        let eve = try #require(UserID("eve@b.example"))
        _ = try await pair.a.home.sendFriendRequest(to: eve, from: pair.alice)
        pair.a.time.advance(by: .seconds(1800))
        try await pair.a.home.sweepOutboxes()
        #expect(failures(pair.a) == ["delivery failed expired"])
        pair.a.time.advance(by: .seconds(1800))
        try await pair.a.home.sweepOutboxes()
        #expect(failures(pair.a) == ["bob: failed eve expired"])
        #expect(try await pair.a.home.friendRequests(of: pair.alice).isEmpty)
        await pair.close()
    }

    @Test func `a blocked peer: what waits fails, nothing more is queued, and it can be allowed again`() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        let name = pair.b.home.server
        try await send("waits", pair)
        try await operators(pair.a).setPolicy(.blocked, of: name)
        try await pair.a.home.sweepOutboxes()
        #expect(failures(pair.a) == ["delivery failed blocked"])
        await #expect(throws: HomeError.blocked) { try await send("refused", pair) }
        let other = try #require(UserID("carl@b.example"))
        await #expect(throws: HomeError.blocked) {
            _ = try await pair.a.home.sendFriendRequest(to: other, from: pair.alice)
        }
        try await operators(pair.a).setPolicy(.allowed, of: name)
        try await send("again", pair)
        try await pair.carry(pair.a, pair.b)
        #expect(try await texts(pair) == ["again"])
        let log = try await AuditLog(database: pair.a.database).entries().map(\.change.action)
        #expect(log == ["peer allow", "peer block"])
        await pair.close()
    }

    @Test func `a limited peer: no new requests either way, friendships go on, and older requests are answered`()
        async throws
    {
        let pair = try await Pair.make()
        try await pair.befriend()
        let carl = try await pair.b.accounts("carl")[0]
        let early = try await pair.b.home.sendFriendRequest(to: pair.alice.id, from: carl)
        try await pair.carry(pair.b, pair.a)
        try await operators(pair.a).setPolicy(.limited, of: pair.b.home.server)
        let dora = try await pair.b.accounts("dora")[0]
        _ = try await pair.b.home.sendFriendRequest(to: pair.alice.id, from: dora)
        #expect(try await pair.carry(pair.b, pair.a).map(\.code) == ["limited"])
        await #expect(throws: HomeError.self) {
            _ = try await pair.a.home.sendFriendRequest(to: dora.id, from: pair.alice)
        }
        #expect(try await pair.a.home.friendRequests(of: pair.alice).map(\.id) == [early.requestID])
        try await pair.a.home.acceptFriendRequest(early.requestID, by: pair.alice)
        try await send("still friends", pair)
        #expect(try await pair.carry(pair.a, pair.b).isEmpty)
        #expect(try await texts(pair) == ["still friends"])
        await pair.close()
    }

    @Test func `nothing that waits is removed silently`() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        let name = pair.b.home.server
        try await send("waits", pair)
        await #expect(throws: HomeError.self) { try await operators(pair.a).remove(name, force: false) }
        #expect(try await AuditLog(database: pair.a.database).entries().isEmpty)
        try await operators(pair.a).remove(name, force: true)
        try await pair.a.home.sweepOutboxes()
        #expect(failures(pair.a) == ["delivery failed removed"])
        #expect(try await operators(pair.a).list().isEmpty)
        #expect(try await pair.a.home.knownPeer(named: name).policy == .pending)
        #expect(try await operators(pair.a).list().map(\.peer.name) == [name], "met again")
        await pair.close()
    }

    @Test func `a new epoch sends again what is not acknowledged, doubles nothing, and what failed stays failed`()
        async throws
    {
        let pair = try await Pair.make(quota: OutboxQuota(events: 3))
        try await pair.befriend()
        for number in 1...4 { try await send("m\(number)", pair) }
        try await pair.a.home.sweepOutboxes()
        try await pair.carry(pair.a, pair.b)
        try await send("m5", pair)
        let before = try await pair.a.home.outboundLinks()[0]
        let link = try #require(
            try await pair.a.home.openOutboundEpoch(
                to: before.peer, server: before.server, replacing: before.epoch, from: before.acked - 3, reason: "fork")
        )
        #expect(link.epoch != before.epoch && link.acked == before.acked - 4 && link.last == before.last)
        #expect(link.waitingEvents == 4)
        #expect(
            try await pair.a.home.openOutboundEpoch(
                to: before.peer, server: before.server, replacing: before.epoch, from: nil, reason: "fork") == nil)
        _ = try await pair.b.home.openInboundEpoch(link.epoch, firstSeq: link.acked + 1, of: pair.peerAtB.key)
        #expect(try await pair.carry(pair.a, pair.b).isEmpty)
        #expect(try await texts(pair) == ["m2", "m3", "m4", "m5"])
        #expect(try await pair.a.home.outboundLinks()[0].waitingEvents == 0)
        await pair.close()
    }

    @Test func `what was acknowledged is kept for a week, and for another when the lane was rewound`() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        let home = pair.a.home
        func kept() async throws -> [Int64] {
            try await home.purgeOutbox()
            let link = try await home.outboundLinks()[0]
            return try await home.outbox(of: link.peer, server: link.server, after: 0, limit: 100).map(\.seq)
        }
        func days(_ count: Int64) { pair.a.time.advance(by: .seconds(count * 86_400)) }
        func acknowledge(through seq: Int64) async throws {
            let link = try await home.outboundLinks()[0]
            try await home.acknowledge(
                link.peer, server: link.server, epoch: link.epoch, through: seq, rejected: [])
        }
        let befriending = try await kept()
        #expect(befriending == [1])
        for text in ["one", "two", "three"] { try await send(text, pair) }
        days(10)
        try await acknowledge(through: 3)
        #expect(try await kept() == [2, 3, 4], "a week has passed since they were written, not since their arrival")
        days(6)
        try await acknowledge(through: 4)
        #expect(try await kept() == [2, 3, 4], "six days")
        days(1)
        // The receiver has restored a backup that had the first two.
        let link = try await home.outboundLinks()[0]
        _ = try await home.openOutboundEpoch(
            to: link.peer, server: link.server, replacing: link.epoch, from: 3, reason: "fork")
        #expect(try await kept() == [3, 4])
        pair.a.time.advance(by: .seconds(1))
        try await acknowledge(through: 4)
        #expect(try await kept() == [3, 4], "they were not acknowledged all the time")
        days(7)
        #expect(try await kept() == [])
        try await send("four", pair)
        try await acknowledge(through: 5)
        days(6)
        _ = try await kept()
        // The receiver was restored and asks for it again, and takes long.
        try await home.noteRewind(of: link.peer, to: 4)
        pair.a.time.advance(by: .seconds(3600))
        _ = try await kept()
        days(5)
        #expect(try await kept() == [5])
        days(2)
        #expect(try await kept() == [])
        let marks = try await pair.a.database.query("SELECT acked FROM outbox_marks ORDER BY at", as: Int64.self)
        #expect(marks == [5], "one is enough when nothing has happened for a week")
        await pair.close()
    }

    @Test func `who lost events with an older epoch asks for what is still held`() async throws {
        let test = try await TestHome.make()
        let evil = try #require(ServerName("a.example"))
        let peer = try await test.home.knownPeer(named: evil)
        func open(_ epoch: String, _ first: Int64, _ held: Int64?) async throws -> Int64 {
            try await test.home.openInboundEpoch(epoch, firstSeq: first, heldFrom: held, of: peer.key).position.last
        }
        #expect(try await open("E1", 101, 1) == 100, "whoever knows of no lane begins where the sender is")
        #expect(try await open("E2", 501, 40) == 100, "and goes on from what it had, in a newer epoch too")
        #expect(try await open("E3", 501, 301) == 300, "or from what is left")
        #expect(try await open("E4", 51, 1) == 50, "a sender that has lost numbers gives them again")
        #expect(try await open("E5", 501, nil) == 500, "who does not say what he holds is taken at his word")
        #expect(try await open("E5", 7, 1) == 500, "a known epoch is where it is")
        await test.close()
    }

    @Test func `a hole in the outbox bounds what is said to be held`() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        for text in ["two", "three", "four"] { try await send(text, pair) }
        let link = try await pair.a.home.outboundLinks()[0]
        #expect(try await pair.a.home.outboxHeldFrom(of: link.peer) == 1)
        _ = try await pair.a.database.execute("DELETE FROM outbox WHERE seq = 2")
        _ = try await pair.a.home.openOutboundEpoch(
            to: link.peer, server: link.server, replacing: link.epoch, from: 3, reason: "gap")
        #expect(try await pair.a.home.outboxHeldFrom(of: link.peer) == 3)
        await pair.close()
    }

    @Test func `an event that was there at four unclean stops is poison`() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        try await pair.b.home.noteStart()
        try await send("poison", pair)
        try await send("behind it", pair)
        let (epoch, events) = try await pair.waiting(pair.a)
        for stops in 0...Home.poisonousStops {
            // It never gets as far as the clean stop, nor as the end of the transaction.
            try await pair.b.home.noteStart()
            let noted = try await pair.b.home.peerStore.noteSuspect(events[0].seq, epoch: epoch, of: pair.peerAtB.key)
            #expect(noted == stops)
        }
        #expect(Home.poisonousStops == 4)
        let result = try await pair.b.home.applyTransaction(from: pair.peerAtB, epoch: epoch, events: events)
        #expect(result.rejected == [RejectedEvent(seq: events[0].seq, code: "poison")])
        #expect(result.ack == events[1].seq)
        #expect(try await texts(pair) == ["behind it"])
        // What is applied is suspected no more, and a clean stop ends all suspicion.
        #expect(!pair.b.home.carefulPeers.contains(pair.peerAtB.key))
        try await pair.b.home.noteCleanStop()
        try await pair.b.home.noteStart()
        #expect(
            try await pair.b.database.one(
                "SELECT count(*) FROM inbound_links WHERE suspect IS NOT NULL", as: Int64.self)
                == 0)
        await pair.close()
    }

    @Test func `commands about nobody, or about ourselves, change nothing`() async throws {
        let home = try await TestHome.make()
        let peers = operators(home)
        let nobody = try #require(ServerName("nobody.example"))
        await #expect(throws: HomeError.self) { _ = try await peers.queue(of: nobody) }
        await #expect(throws: HomeError.self) { try await peers.retry(nobody) }
        await #expect(throws: HomeError.self) { try await peers.repin(nobody, fingerprint: "x") }
        await #expect(throws: HomeError.self) { try await peers.remove(nobody, force: true) }
        await #expect(throws: HomeError.self) { _ = try await peers.deadLetters(of: nobody) }
        await #expect(throws: HomeError.self) { try await peers.setPolicy(.blocked, of: home.home.server) }
        await #expect(throws: HomeError.self) { _ = try await peers.invite(nil, for: .seconds(31 * 86_400)) }
        await #expect(throws: HomeError.self) { try await peers.add(nobody, fingerprint: "x", invite: "no token") }
        #expect(try await peers.list().isEmpty)
        #expect(try await AuditLog(database: home.database).entries().isEmpty)
        await home.close()
    }
}
