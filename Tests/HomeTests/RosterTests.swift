import Postgres
import Support
import Testing
import Wire

@testable import Home

/// What a restored backup or a lost event leaves behind, made by hand in one of two databases, and what the comparison makes of it.
@Suite("Rosters that differ agree again")
struct RosterTests {
    @Test(
        "Equal rosters have equal hashes, of friends, requests and requests that crossed; a lane that is behind is waited for"
    )
    func agree() async throws {
        let pair = try await Pair.make()
        #expect(try await pair.a.home.rosterDigest(of: pair.peerAtA.key)?.isOfNothing == true)
        let people = try await pair.b.accounts("bea", "ben")
        try await pair.befriend()
        _ = try await pair.a.home.sendFriendRequest(to: people[0].id, from: pair.alice)
        #expect(try await pair.verdict(pair.a, pair.b) == .later, "the request is still on its way")
        try await pair.carry(pair.a, pair.b)
        #expect(try await pair.agree())
        _ = try await pair.a.home.sendFriendRequest(to: people[1].id, from: pair.alice)
        _ = try await pair.b.home.sendFriendRequest(to: pair.alice.id, from: people[1])
        try await pair.carry(pair.a, pair.b)
        try await pair.carry(pair.b, pair.a)
        #expect(try await pair.agree())
        #expect(try await pair.a.home.friends(of: pair.alice).count == 2)
        await pair.close()
    }

    enum Damage: String, CaseIterable, Sendable {
        /// The other side forgot the friendship altogether.
        case forgotten = "UPDATE roster SET state = 'none', request = NULL"
        /// Its end was lost on the way here.
        case ended =
            "WITH q AS (UPDATE friend_requests SET state = 'ended') UPDATE roster SET state = 'none', request = NULL"
        /// The other side was rolled back to before it had accepted.
        case unaccepted =
            "WITH q AS (UPDATE friend_requests SET state = 'pending') UPDATE roster SET state = 'incoming'"
    }

    @Test("A friendship of one side only ends there", arguments: Damage.allCases)
    func halfFriendship(_ damage: Damage) async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        try await pair.b.database.execute(.once(damage.rawValue))
        #expect(try await pair.agree() == false)
        try await pair.repair()
        #expect(try await pair.friends() == [0, 0])
        #expect(try await pair.agree())
        await pair.close()
    }

    @Test("Who had asked becomes a friend when the other side says that it accepted")
    func lostAcceptance() async throws {
        let pair = try await Pair.make()
        try await pair.befriend()
        try await pair.a.database.execute(
            .once("WITH q AS (UPDATE friend_requests SET state = 'pending') UPDATE roster SET state = 'outgoing'"))
        #expect(try await pair.friends() == [0, 1])
        try await pair.repair()
        #expect(try await pair.friends() == [1, 1])
        #expect(try await pair.agree())
        await pair.close()
    }

    @Test("A request that the other side forgot is there again; one that it has ended ends")
    func requests() async throws {
        let pair = try await Pair.make()
        _ = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        try await pair.carry(pair.a, pair.b)
        try await pair.b.database.execute(
            .once("WITH q AS (DELETE FROM friend_requests) UPDATE roster SET state = 'none', request = NULL"))
        try await pair.repair()
        #expect(try await pair.b.home.friendRequests(of: pair.bob).count == 1)
        #expect(try await pair.agree())
        try await pair.b.database.execute(
            .once(
                "WITH q AS (UPDATE friend_requests SET state = 'ended') UPDATE roster SET state = 'none', request = NULL"
            ))
        try await pair.repair()
        #expect(try await pair.a.home.friendRequests(of: pair.alice).isEmpty)
        #expect(try await pair.agree())
        await pair.close()
    }

    @Test("A request that was withdrawn without the other side's knowing goes there too")
    func withdrawn() async throws {
        let pair = try await Pair.make()
        _ = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        try await pair.carry(pair.a, pair.b)
        try await pair.a.database.execute(
            .once(
                "WITH q AS (UPDATE friend_requests SET state = 'ended') UPDATE roster SET state = 'none', request = NULL"
            ))
        try await pair.repair()
        #expect(try await pair.b.home.friendRequests(of: pair.bob).isEmpty)
        #expect(try await pair.agree())
        await pair.close()
    }

    @Test("A homeserver cannot make friends of those who did not ask, nor speak of others' requests")
    func forged() async throws {
        let pair = try await Pair.make()
        let forged = RosterClaim(
            user: pair.alice.id, friend: pair.bob.id, state: .friends, request: IDSource().next())
        let mark = try #require(try await pair.a.home.rosterDigest(of: pair.peerAtA.key)).mark
        #expect(
            try await pair.b.home.checkRosters(RosterPage(mark: mark, claims: [forged]), of: pair.peerAtB) == .checked)
        #expect(try await pair.friends() == [0, 0])
        let request = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        try await pair.carry(pair.a, pair.b)
        let own = RosterClaim(
            user: pair.alice.id, friend: pair.bob.id, state: .friends, request: request.requestID)
        let later = try #require(try await pair.a.home.rosterDigest(of: pair.peerAtA.key)).mark
        _ = try await pair.b.home.checkRosters(RosterPage(mark: later, claims: [own]), of: pair.peerAtB)
        #expect(try await pair.friends() == [0, 0])
        await #expect(throws: HomeError.self) {
            _ = try await pair.a.home.checkRosters(RosterPage(mark: later, claims: [own]), of: pair.peerAtA)
        }
        await pair.close()
    }

    @Test(
        "Whatever a homeserver claims, a block looks like a request that nobody has answered", arguments: [false, true])
    func blockedOracle(isBlocked: Bool) async throws {
        let pair = try await Pair.make()
        // alice asks bob, who has blocked her before or does not answer.
        if isBlocked { try await pair.b.home.block(pair.alice.id, by: pair.bob) }
        let request = try await pair.a.home.sendFriendRequest(to: pair.bob.id, from: pair.alice)
        try await pair.carry(pair.a, pair.b)
        let mark = try #require(try await pair.a.home.rosterDigest(of: pair.peerAtA.key)).mark
        var told: [String] = []
        for (state, id) in [
            (RosterClaim.State.incoming, IDSource().next() as FriendRequestID), (.friends, IDSource().next()),
            (.outgoing, request.requestID), (.friends, request.requestID), (.outgoing, request.requestID),
        ] {
            let claim = RosterClaim(user: pair.alice.id, friend: pair.bob.id, state: state, request: id)
            _ = try await pair.b.home.checkRosters(RosterPage(mark: mark, claims: [claim]), of: pair.peerAtB)
            let waiting = try await pair.waiting(pair.b).events
            told.append("\(state): \(waiting.map { "\($0.type) \((try? $0.data.string("reason")) ?? "")" })")
        }
        #expect(
            told == [
                "incoming: []", "friends: []", "outgoing: []", #"friends: ["friend.end removed"]"#,
                #"outgoing: ["friend.end removed", "friend.end declined"]"#,
            ])
        await pair.close()
    }

    @Test("Pages of claims at once are counted together")
    func parallelClaims() async throws {
        let pair = try await Pair.make()
        let mark = try #require(try await pair.a.home.rosterDigest(of: pair.peerAtA.key)).mark
        let pages = try (0..<4).map { page in
            RosterPage(mark: mark, claims: try pair.asking(60, "page\(page)n"))
        }
        await withTaskGroup(of: Void.self) { group in
            for page in pages {
                group.addTask { _ = try? await pair.b.home.checkRosters(page, of: pair.peerAtB) }
            }
        }
        #expect(try await pair.b.home.friendRequests(of: pair.bob).count == OpenRequests.maximumOfPeer)
        await pair.close()
    }

    @Test("What could not be asked by events cannot be claimed either: a hundred of one homeserver wait")
    func flood() async throws {
        let pair = try await Pair.make()
        let mark = try #require(try await pair.a.home.rosterDigest(of: pair.peerAtA.key)).mark
        let claims = try pair.asking(OpenRequests.maximumOfPeer + 20, "p")
        let verdict = try await pair.b.home.checkRosters(RosterPage(mark: mark, claims: claims), of: pair.peerAtB)
        #expect(verdict == .checked)
        let waiting = try await pair.b.home.friendRequests(of: pair.bob)
        #expect(waiting.count == OpenRequests.maximumOfPeer)
        #expect(Set(waiting.map(\.id)) == Set(claims.prefix(OpenRequests.maximumOfPeer).map(\.request)))
        await pair.close()
    }
}

extension Pair {
    /// Claims that so many people whom nobody knows have asked bob.
    func asking(_ count: Int, _ name: String) throws -> [RosterClaim] {
        let ids = IDSource()
        return try (0..<count).map { number in
            RosterClaim(
                user: try #require(UserID("\(name)\(number)@a.example")), friend: bob.id, state: .outgoing,
                request: ids.next())
        }
    }

    func verdict(_ from: TestHome, _ to: TestHome) async throws -> RosterVerdict {
        let peers = from === a ? (there: peerAtA, here: peerAtB) : (there: peerAtB, here: peerAtA)
        let digest = try #require(try await from.home.rosterDigest(of: peers.there.key))
        return try await to.home.compareRosters(digest, of: peers.here)
    }

    /// Whether both say so.
    func agree() async throws -> Bool {
        let verdicts = [try await verdict(a, b), try await verdict(b, a)]
        #expect(verdicts[0] == verdicts[1], "both find the same")
        return verdicts == [.agree, .agree]
    }

    /// Both go through the other's rosters, one claim a page, and what comes of it is carried over.
    func repair() async throws {
        for (from, to, there, here) in [(a, b, peerAtA, peerAtB), (b, a, peerAtB, peerAtA)] {
            var last: RosterClaim?
            while let page = try await from.home.rosterClaims(to: there.key, after: last, limit: 1),
                !page.claims.isEmpty
            {
                #expect(try await to.home.checkRosters(page, of: here) == .checked)
                last = page.claims.last
            }
            try await carry(to, from)
            try await carry(from, to)
        }
    }
}
