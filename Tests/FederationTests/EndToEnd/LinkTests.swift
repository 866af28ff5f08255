import Home
import Postgres
import Sodium
import Testing
import Wire

@testable import Federation

/// Two homeservers with databases, keys and certificates of their own, linked over real TLS through a proxy each.
@Suite(.timeLimit(.minutes(2)))
struct LinkTests {
    /// The two of a test.
    private final class Pair: Sendable {
        let directory: TemporaryDirectory
        let certificates: TestCertificates
        let alphaKeys: LocalKeys
        let betaKeys: LocalKeys
        let toAlpha: TestProxy
        let toBeta: TestProxy

        init() async throws {
            directory = try TemporaryDirectory()
            certificates = try TestCertificates(in: directory)
            alphaKeys = try LocalKeys.make("alpha.localhost")
            betaKeys = try LocalKeys.make("beta.localhost")
            toAlpha = try await TestProxy.start()
            toBeta = try await TestProxy.start()
        }

        func alpha() async throws -> TestHomeserver {
            let alpha = try await TestHomeserver.make(
                "alpha.localhost", certificates: certificates, keys: alphaKeys,
                peers: [("beta.localhost", toBeta.port)])
            toAlpha.forward(to: try await alpha.start())
            return alpha
        }

        func beta(_ conninfo: String? = nil, keys: LocalKeys? = nil) async throws -> TestHomeserver {
            let beta = try await TestHomeserver.make(
                "beta.localhost", certificates: certificates, keys: keys ?? betaKeys,
                peers: [("alpha.localhost", toAlpha.port)], conninfo: conninfo)
            toBeta.forward(to: try await beta.start())
            return beta
        }

        func stop(_ homeservers: TestHomeserver...) async throws {
            for homeserver in homeservers { try await homeserver.stop() }
            try await toAlpha.stop()
            try await toBeta.stop()
        }
    }

    /// Makes alice and bob friends by a request over the link.
    private func befriend(
        _ alpha: TestHomeserver, _ beta: TestHomeserver
    ) async throws -> (alice: Account, bob: Account) {
        let alice = try await alpha.account("alice")
        let bob = try await beta.account("bob")
        _ = try await alpha.home.sendFriendRequest(to: bob.id, from: alice)
        await beta.events.waitFor { if case .newFriendRequest = $0 { true } else { false } }
        let request = try #require(try await beta.home.friendRequests(of: bob).first)
        #expect(request.user == alice.id)
        try await beta.home.acceptFriendRequest(request.id, by: bob)
        await alpha.events.waitFor { if case .friendRequestAccepted = $0 { true } else { false } }
        return (alice, bob)
    }

    @discardableResult
    private func send(
        _ text: String, from: Account, to: Account, on homeserver: TestHomeserver
    ) async throws -> MessageID {
        try await homeserver.home.sendDirectMessage(
            to: to.id, text: text, nonce: nil, replyTo: nil, from: from, stream: nil
        ).messageID
    }

    private func arrival(_ text: String) -> @Sendable (Event.Body) -> Bool {
        { if case .newPrivateMessage(let message) = $0 { message.text == text } else { false } }
    }

    private func delivery(_ state: DeliveryReport.State) -> @Sendable (Event.Body) -> Bool {
        { if case .delivery(let report) = $0 { report.state == state } else { false } }
    }

    @Test func `two become friends and write to each other`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let beta = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, beta)

        for number in 1...150 { try await send("a\(number)", from: alice, to: bob, on: alpha) }
        for number in 1...30 { try await send("b\(number)", from: bob, to: alice, on: beta) }
        await beta.events.waitFor(where: arrival("a150"))
        await alpha.events.waitFor(where: arrival("b30"))
        await alpha.events.waitFor(150, where: delivery(.delivered))
        await beta.events.waitFor(30, where: delivery(.delivered))

        let atBeta = try await beta.messages(of: bob, with: alice)
        #expect(atBeta.filter { $0.hasPrefix("a") } == (1...150).map { "a\($0)" })
        let atAlpha = try await alpha.messages(of: alice, with: bob)
        #expect(atAlpha.filter { $0.hasPrefix("b") } == (1...30).map { "b\($0)" })
        #expect(atAlpha.count == 180 && atBeta.count == 180)
        // Trust on first use: each pinned the other's root.
        let peer = try #require(try await alpha.home.peer(named: beta.home.server))
        #expect(peer.rootPublicKey == pair.betaKeys.root.bytes)
        try await pair.stop(alpha, beta)
    }

    @Test func `a rejected event is a dead letter on both sides, and the lane moves on`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let beta = try await pair.beta()
        let alice = try await alpha.account("alice")
        let nobody = try #require(UserID("nobody@beta.localhost"))
        _ = try await alpha.home.sendFriendRequest(to: nobody, from: alice)
        await alpha.events.waitFor {
            if case .friendshipChanged(let change) = $0 {
                change.state == .failed && change.code == "not_found"
            } else {
                false
            }
        }
        for homeserver in [alpha, beta] {
            let code = try await homeserver.database.one("SELECT code FROM dead_letters", as: String.self)
            #expect(code == "not_found")
        }
        _ = try await befriend(alpha, beta)
        try await pair.stop(alpha, beta)
    }

    @Test func `an answer that is lost after the commit doubles nothing`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let beta = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, beta)
        await alpha.events.waitFor { if case .friendRequestAccepted = $0 { true } else { false } }

        for round in 1...5 {
            let lost = pair.toBeta.lost
            pair.toBeta.loseAnswers(1)
            try await send("\(round).1", from: alice, to: bob, on: alpha)
            await beta.events.waitFor(where: arrival("\(round).1"))
            // Written before the retry: it travels together with what beta has already.
            try await send("\(round).2", from: alice, to: bob, on: alpha)
            await alpha.events.waitFor(2 * round, where: delivery(.delivered))
            #expect(pair.toBeta.lost == lost + 1)
        }
        let expected = (1...5).flatMap { ["\($0).1", "\($0).2"] }
        #expect(try await beta.messages(of: bob, with: alice) == expected)
        let arrivals = beta.events.all.count { if case .newPrivateMessage = $0 { true } else { false } }
        #expect(arrivals == expected.count)
        try await pair.stop(alpha, beta)
    }

    /// A retry after a lost answer is skipped there; the code must come all the same.
    @Test func `a rejection whose answer is lost still reaches the author`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let beta = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, beta)
        try await send("first", from: alice, to: bob, on: alpha)
        await alpha.events.waitFor(where: delivery(.delivered))
        pair.toBeta.loseAnswers(1)
        let nobody = try #require(UserID("nobody@beta.localhost"))
        _ = try await alpha.home.sendFriendRequest(to: nobody, from: alice)
        await alpha.events.waitFor {
            if case .friendshipChanged(let change) = $0 {
                change.state == .failed && change.code == "not_found"
            } else {
                false
            }
        }
        #expect(pair.toBeta.lost == 1)
        try await pair.stop(alpha, beta)
    }

    @Test func `what was written while the peer was away arrives in order when it is back`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let first = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, first)
        try await first.stop()
        for number in 1...300 { try await send("\(number)", from: alice, to: bob, on: alpha) }

        // Its hello ends alpha's back-off, whatever it has grown to.
        let second = try await pair.beta(first.conninfo)
        await second.events.waitFor(where: arrival("300"))
        await alpha.events.waitFor(300, where: delivery(.delivered))
        let arrived = second.events.all.compactMap { body -> String? in
            if case .newPrivateMessage(let message) = body { message.text } else { nil }
        }
        #expect(arrived == (1...300).map { "\($0)" })
        try await pair.stop(alpha, second)
    }

    @Test func `a peer whose root has changed is sent nothing and believed nothing until the old one is back`()
        async throws
    {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let real = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, real)
        try await real.stop()
        pair.toBeta.setDown(true)
        try await send("secret", from: alice, to: bob, on: alpha)

        // Somebody with beta's name and certificate, and a root of his own.
        let impostor = try await pair.beta(keys: try LocalKeys.make("beta.localhost"))
        pair.toBeta.setDown(false)
        let mallory = try await impostor.account("bob")
        _ = try await impostor.home.sendFriendRequest(to: alice.id, from: mallory)
        // It has asked for alpha's keys and been refused by them at least once when its own lane has failed.
        let link = try await failedLink(of: impostor)
        #expect(link.acked == 0)
        #expect(!impostor.events.all.contains(where: arrival("secret")))
        #expect(try await alpha.home.friendRequests(of: alice).isEmpty)
        let peer = try #require(try await alpha.home.peer(named: impostor.home.server))
        #expect(peer.rootPublicKey == pair.betaKeys.root.bytes)
        try await impostor.stop()

        let back = try await pair.beta(real.conninfo)
        await back.events.waitFor(where: arrival("secret"))
        try await pair.stop(alpha, back)
    }

    // MARK: Positions that do not fit

    /// Two friends and one delivered message; then beta's position is changed as a restored backup would, and alice writes again.
    private func afterChange(
        _ change: PostgresQuery,
        _ body: (_ alpha: TestHomeserver, _ beta: TestHomeserver, _ bob: Account, _ alice: Account) async throws -> Void
    ) async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let beta = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, beta)
        try await send("before", from: alice, to: bob, on: alpha)
        await alpha.events.waitFor(where: delivery(.delivered))
        try await beta.database.execute(change)
        try await send("after", from: alice, to: bob, on: alpha)
        try await body(alpha, beta, bob, alice)
        try await pair.stop(alpha, beta)
    }

    @Test func `a peer that does not know our epoch is greeted and goes on`() async throws {
        try await afterChange("UPDATE inbound_links SET epoch = 'other'") { alpha, beta, bob, alice in
            await alpha.events.waitFor(2, where: delivery(.delivered))
            let messages = try await beta.messages(of: bob, with: alice)
            #expect(messages == ["before", "after"])
        }
    }

    @Test func `a peer that has lost its last event gets it again, and nothing doubles`() async throws {
        try await afterChange("UPDATE inbound_links SET last = last - 1, last_event = NULL") {
            alpha, beta, bob, alice in
            await alpha.events.waitFor(2, where: delivery(.delivered))
            let messages = try await beta.messages(of: bob, with: alice)
            #expect(messages == ["before", "after"])
        }
    }

    @Test func `a fork begins a new epoch with an alarm, and what waits arrives`() async throws {
        let change: PostgresQuery = "UPDATE inbound_links SET last = last + 1, last_event = gen_random_uuid()"
        try await afterChange(change) { alpha, beta, bob, alice in
            let link = try await link(of: alpha) { $0.last == $0.acked }
            #expect(link.stopped == nil)
            #expect(try await beta.messages(of: bob, with: alice) == ["before", "after"])
            let peer = try #require(try await alpha.home.peer(named: beta.home.server))
            #expect(peer.alarm == "fork")
            let seen = try #require(try await beta.home.peer(named: alpha.home.server))
            #expect(seen.alarm == "peer_new_epoch")
            let entry = try #require(try await AuditLog(database: alpha.database).entries().first)
            #expect(entry.change.actor == "homeserver" && entry.change.action == "peer new-epoch")
        }
    }

    @Test func `a peer that has more than was ever sent begins a new epoch`() async throws {
        try await afterChange("UPDATE inbound_links SET last = last + 1000, last_event = NULL") {
            alpha, beta, bob, alice in
            await alpha.events.waitFor(2, where: delivery(.delivered))
            let messages = try await beta.messages(of: bob, with: alice)
            #expect(messages == ["before", "after"])
            let peer = try await alpha.home.peer(named: beta.home.server)
            #expect(peer?.alarm == "acknowledged_unsent")
        }
    }

    /// Numbers that were given twice: the peer has other events under ours, and more of them than one batch.
    @Test func `after a restored backup nothing written since is taken for what the peer has already`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let first = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, first)
        try await first.stop()
        // In the life that the backup has forgotten, beta has got 250 events that alpha does not know.
        let world = try await TestHomeserver.make(
            "beta.localhost", certificates: pair.certificates, keys: pair.betaKeys, peers: [],
            conninfo: first.conninfo)
        try await world.database.execute(
            "UPDATE inbound_links SET last = last + 250, last_event = gen_random_uuid()")
        for number in 1...400 { try await send("\(number)", from: alice, to: bob, on: alpha) }
        let second = try await pair.beta(first.conninfo)
        await second.events.waitFor(where: arrival("400"))
        await alpha.events.waitFor(400, where: delivery(.delivered))
        let arrived = second.events.all.compactMap { body -> String? in
            if case .newPrivateMessage(let message) = body { message.text } else { nil }
        }
        #expect(arrived == (1...400).map { "\($0)" })
        #expect(try await alpha.home.peer(named: second.home.server)?.alarm == "fork")
        try await world.closeDatabases()
        try await pair.stop(alpha, second)
    }

    @Test func `a hole in our own outbox begins a new epoch behind it`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let first = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, first)
        try await first.stop()
        for number in 1...300 { try await send("\(number)", from: alice, to: bob, on: alpha) }
        // Behind what the worker has in memory.
        try await alpha.database.execute("DELETE FROM outbox WHERE seq = (SELECT max(seq) - 20 FROM outbox)")
        let second = try await pair.beta(first.conninfo)
        await second.events.waitFor(where: arrival("300"))
        let arrived = second.events.all.compactMap { body -> String? in
            if case .newPrivateMessage(let message) = body { message.text } else { nil }
        }
        #expect(arrived == (1...300).filter { $0 != 280 }.map { "\($0)" })
        #expect(try await alpha.home.peer(named: second.home.server)?.alarm == "gap")
        try await pair.stop(alpha, second)
    }

    @Test func `an operator's word takes effect at once: blocked, allowed, tried again`() async throws {
        let pair = try await Pair()
        let alpha = try await pair.alpha()
        let beta = try await pair.beta()
        let (alice, bob) = try await befriend(alpha, beta)
        let peers = PeerAdministration(database: alpha.database, us: alpha.home.server, actor: "test")
        let obey = try #require(alpha.federation.controlHandlers[PeerChange.kind])
        let payload = #"{"server":"beta.localhost","voids_keys":false}"#
        try await peers.setPolicy(.blocked, of: beta.home.server)
        try await obey(alpha.home, payload)
        await #expect(throws: HomeError.blocked) { try await send("to nobody", from: alice, to: bob, on: alpha) }
        try await send("refused for now", from: bob, to: alice, on: beta)
        _ = try await failedLink(of: beta)
        #expect(try await alpha.messages(of: alice, with: bob).isEmpty)
        try await peers.setPolicy(.allowed, of: beta.home.server)
        try await obey(alpha.home, payload)
        // Its hello ends beta's back-off.
        await alpha.events.waitFor(where: arrival("refused for now"))
        try await send("again", from: alice, to: bob, on: alpha)
        await beta.events.waitFor(where: arrival("again"))
        try await pair.stop(alpha, beta)
    }

    private func link(of homeserver: TestHomeserver, where matches: (OutboundLink) -> Bool) async throws -> OutboundLink
    {
        while true {
            if let link = try await homeserver.home.outboundLinks().first(where: matches) { return link }
            await Task.yield()
        }
    }

    /// The first link of a homeserver, once a try on it has failed; the test's time limit ends a wait in vain.
    private func failedLink(of homeserver: TestHomeserver) async throws -> OutboundLink {
        try await link(of: homeserver) { $0.attempts > 0 }
    }
}
