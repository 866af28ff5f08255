import Support
import Testing
import Wire

@testable import Home

@Suite("Who is told who comes and goes")
struct PresenceTests {
    @Test(
        "Friends see online at once and offline after the wait, with the minute; strangers and the blocked see nothing")
    func friends() async throws {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob", "carol")
        let (alice, bob) = (people[0], people[1])
        try await test.befriend(alice, bob)
        test.home.presence.socketOpened(alice.key)
        #expect(try await test.told() == ["bob: alice online"])
        #expect(try await test.home.friends(of: bob)[0].presence == .online)
        test.time.advance(by: .seconds(90))
        test.home.presence.socketClosed(alice.key, isLost: false)
        test.time.advance(by: .seconds(19))
        #expect(try await test.told() == [])
        test.time.advance(by: .seconds(1))
        // 1,790,000,000 is 40 s past a minute.
        #expect(try await test.told() == ["bob: alice offline, seen 1790000040"])
        let shown = try await test.home.friends(of: bob)[0].presence
        #expect(shown == ShownPresence(isOnline: false, lastSeen: Instant(seconds: 1_790_000_040)))
        await test.close()
    }

    @Test("A visit that is over before anybody was told of it leaves its minute, and nothing of it stays in memory")
    func brief() async throws {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob")
        let (alice, bob) = (people[0], people[1])
        try await test.befriend(alice, bob)
        test.home.presence.socketOpened(alice.key)
        test.home.presence.socketClosed(alice.key, isLost: false)
        #expect(try await test.told() == ["bob: alice offline, seen 1789999980"])
        #expect(try await test.home.friends(of: bob)[0].presence.lastSeen == Instant(seconds: 1_789_999_980))
        #expect(test.home.presence.status(of: alice.key) == nil)
        let gone = UserKey(1_000_000)
        test.home.presence.socketOpened(gone)
        #expect(try await test.told() == [])
        #expect(test.home.presence.status(of: gone) == .invisible, "an account that is gone is shown to nobody")
        test.home.presence.socketClosed(gone, isLost: false)
        #expect(test.home.presence.status(of: gone) == nil)
        await test.close()
    }

    @Test("Invisible is kept with the account, told to nobody but oneself, and freezes the last time")
    func invisible() async throws {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob")
        let (alice, bob) = (people[0], people[1])
        try await test.befriend(alice, bob)
        test.home.presence.socketOpened(alice.key)
        #expect(try await test.told() == ["bob: alice online"])
        try await test.home.changeStatus(to: .invisible, of: alice)
        #expect(test.delivery.takeEvents().map(described) == ["own invisible"])
        test.time.advance(by: .seconds(20))
        #expect(try await test.told() == ["bob: alice offline, seen 1789999980"])
        test.time.advance(by: .seconds(600))
        test.home.presence.socketClosed(alice.key, isLost: false)
        test.time.advance(by: .seconds(60))
        test.home.presence.socketOpened(alice.key)
        #expect(try await test.told() == [])
        #expect(try await test.home.ownPresence(of: alice).status == .invisible)
        #expect(try await test.home.readyState(of: alice).own.status == .invisible)
        let shown = try await test.home.friends(of: bob)[0].presence
        #expect(shown == ShownPresence(isOnline: false, lastSeen: Instant(seconds: 1_789_999_980)))
        try await test.home.changeStatus(to: .online, of: alice)
        #expect(try await test.told() == ["bob: alice online"])
        await test.close()
    }

    @Test("Who does not show his last time is offline without one, in lists and in what is told")
    func hidden() async throws {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob")
        let (alice, bob) = (people[0], people[1])
        try await test.befriend(alice, bob)
        test.home.presence.socketOpened(alice.key)
        _ = try await test.told()
        let own = try await test.home.showLastSeen(false, of: alice)
        #expect(own == OwnPresence(status: .online, showsLastSeen: false))
        #expect(test.delivery.takeEvents().map(described) == ["own online, last seen hidden"])
        test.home.presence.socketClosed(alice.key, isLost: true)
        #expect(try await test.told() == ["bob: alice offline"])
        #expect(try await test.home.friends(of: bob)[0].presence == .unknown)
        _ = try await test.home.showLastSeen(true, of: alice)
        #expect(try await test.home.friends(of: bob)[0].presence.lastSeen != nil)
        await test.close()
    }

    @Test(
        "One change is one item for a peer, however many friends live there; new friends are announced and asked after")
    func peers() async throws {
        let pair = try await Pair.make()
        let more = try await pair.b.accounts("bea", "ben")
        try await pair.befriend()
        for other in more {
            let receipt = try await pair.a.home.sendFriendRequest(to: other.id, from: pair.alice)
            try await pair.carry(pair.a, pair.b)
            try await pair.b.home.acceptFriendRequest(receipt.requestID, by: other)
            try await pair.carry(pair.b, pair.a)
        }
        try await pair.b.home.tellPresence()
        let probes = pair.b.delivery.takeAnnouncements().map(\.item)
        #expect(probes.contains(.status(pair.bob.id, .unknown)))
        #expect(probes.contains(.probe(from: pair.bob.id, of: pair.alice.id)) && probes.count == 6)
        _ = try await pair.a.told()
        _ = pair.a.delivery.takeAnnouncements()

        pair.a.home.presence.socketOpened(pair.alice.key)
        _ = try await pair.a.told()
        let announced = pair.a.delivery.takeAnnouncements()
        #expect(announced.map(\.item) == [.status(pair.alice.id, .online)])
        // There it is for all three of them.
        let answer = try await pair.b.home.receivePresence(
            EphemeralPosition(gen: 1, n: 1), announced.map(\.item), from: pair.peerAtB)
        #expect(answer.isTaken && answer.wantsSnapshot && !answer.wantsRosters)
        let told = pair.b.delivery.takeStatuses().filter { $0.presence == .online }
        #expect(told.flatMap(\.recipients).count == 3)
        #expect(try await pair.b.home.friends(of: pair.bob)[0].presence == .online)
        // What is heard of nobody's friend leaves no trace, and says that rosters differ.
        let mallory = try #require(UserID("mallory@a.example"))
        let other = try await pair.b.home.receivePresence(
            EphemeralPosition(gen: 1, n: 2), [.status(mallory, .online)], from: pair.peerAtB)
        #expect(other.wantsRosters)
        #expect(pair.b.delivery.takeStatuses().isEmpty)
        // Nothing for 120 s.
        pair.b.time.advance(by: .seconds(120))
        #expect(try await pair.b.told().sorted() == ["bea: alice offline", "ben: alice offline", "bob: alice offline"])
        await pair.close()
    }

    @Test("A peer speaks for its own users only")
    func authority() async throws {
        let pair = try await Pair.make()
        for item in [
            PresenceItem.status(pair.bob.id, .online), .probe(from: pair.bob.id, of: pair.bob.id),
            .probe(from: pair.alice.id, of: pair.alice.id),
        ] {
            await #expect(throws: HomeError.self) {
                _ = try await pair.b.home.receivePresence(
                    EphemeralPosition(gen: 1, n: 1), [item], from: pair.peerAtB)
            }
        }
        await pair.close()
    }

    @Test("A snapshot has everybody who has a friend at the peer, in pages")
    func snapshot() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        pair.b.home.presence.socketOpened(pair.bob.key)
        _ = try await pair.b.told()
        #expect(
            try await pair.b.home.presenceSnapshot(for: pair.peerAtB.key, after: "", limit: 10)
                == [.status(pair.bob.id, .online)])
        #expect(
            try await pair.b.home.presenceSnapshot(for: pair.peerAtB.key, after: pair.bob.id.text, limit: 10) == [])
        await pair.close()
    }
}

extension TestHome {
    func befriend(_ one: Account, _ other: Account) async throws {
        let receipt = try await home.sendFriendRequest(to: other.id, from: one)
        try await home.acceptFriendRequest(receipt.requestID, by: other)
        _ = try await told()
        _ = delivery.takeEvents()
    }

    /// What is told by two passes, the first of which may have to read accounts: `to: who status`.
    func told() async throws -> [String] {
        try await home.tellPresence()
        try await home.tellPresence()
        var lines: [String] = []
        for status in delivery.takeStatuses() {
            for key in status.recipients {
                let name = try await home.directory.resolve(key)?.id.local ?? "?"
                let seen = status.presence.lastSeen.map { ", seen \($0.seconds)" } ?? ""
                lines.append("\(name): \(status.user.local) \(status.presence.word)\(seen)")
            }
        }
        return lines
    }
}
