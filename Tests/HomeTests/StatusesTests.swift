import Support
import Synchronization
import Testing
import Wire

@testable import Home

/// Who is online in a list of members, of whom some live elsewhere: `a` hosts, and asks `b` by a call of a function.
@Suite("Statuses of members of other homeservers", .timeLimit(.minutes(1)))
struct StatusesTests {
    @Test("They show what their homeserver says; who is invisible or has blocked the viewer is offline")
    func shown() async throws {
        let stage = try await Stage.make()
        let (bob, dan) = (stage.pair.bob, stage.dan)
        #expect(try await stage.online(to: stage.pair.alice) == [])
        stage.pair.b.home.presence.socketOpened(bob.key)
        stage.pair.b.home.presence.socketOpened(dan.key)
        try await stage.pair.b.home.tellPresence()
        stage.later()
        #expect(try await stage.online(to: stage.pair.alice) == ["bob", "dan"])
        #expect(try await stage.online(to: stage.carol) == ["bob", "dan"])
        let one = try await stage.pair.a.home.member(bob.id, of: stage.id, for: stage.pair.alice)
        #expect(one.presence == .online)

        try await stage.pair.b.home.block(stage.pair.alice.id, by: bob)
        try await stage.pair.b.home.changeStatus(to: .invisible, of: dan)
        stage.pair.b.time.advance(by: Limits.presenceGrace)
        try await stage.pair.b.home.tellPresence()
        stage.later()
        #expect(try await stage.online(to: stage.pair.alice) == [])
        #expect(try await stage.online(to: stage.carol) == ["bob"])
        await stage.pair.close()
    }

    @Test("Only members of a community of the asker's are told of, and only ours")
    func asked() async throws {
        let stage = try await Stage.make()
        let b = stage.pair.b
        let erin = try await b.accounts("erin")[0]
        for user in [stage.pair.bob, erin] { b.home.presence.socketOpened(user.key) }
        try await b.home.tellPresence()
        let nobody = try #require(UserID("nobody@b.example"))
        let users = [stage.pair.bob.id, erin.id, stage.pair.alice.id, nobody, stage.dan.id]
        func told(_ community: CommunityID, by peer: Peer) async throws -> [UserID] {
            let question = StatusQuestion(community: community, viewer: stage.pair.alice.id, users: users)
            return try await b.home.online(question, askedBy: peer)
        }
        #expect(try await told(stage.id, by: stage.pair.peerAtB) == [stage.pair.bob.id])
        let other = try await b.home.knownPeer(named: try #require(ServerName("c.example")))
        #expect(try await told(stage.id, by: other) == [])
        let own = try await b.home.createCommunity(name: "Ours", description: nil, by: erin)
        #expect(try await told(own.id, by: stage.pair.peerAtB) == [])
        #expect(try await told(b.home.ids.next(), by: stage.pair.peerAtB) == [])
        await stage.pair.close()
    }

    @Test("One question a page, kept for its viewer for as long as it is believed")
    func kept() async throws {
        let stage = try await Stage.make()
        _ = try await stage.online(to: stage.pair.alice)
        _ = try await stage.online(to: stage.pair.alice)
        _ = try await stage.pair.a.home.member(stage.dan.id, of: stage.id, for: stage.pair.alice)
        #expect(stage.asked.take() == [[stage.pair.bob.id, stage.dan.id]], "what is known is not asked again")
        _ = try await stage.online(to: stage.carol)
        #expect(stage.asked.take().count == 1, "another viewer may be blocked by others")
        stage.later()
        _ = try await stage.online(to: stage.pair.alice)
        #expect(stage.asked.take().count == 1)
        await stage.pair.close()
    }

    @Test("Nobody is asked where all live here, nor after the viewer's own neighbours")
    func notAsked() async throws {
        let stage = try await Stage.make()
        let (a, alice) = (stage.pair.a.home, stage.pair.alice)
        let own = try await a.createCommunity(name: "Only here", description: nil, by: alice)
        _ = try await a.members(of: own.id, after: nil, startingWith: nil, limit: 100, for: alice)
        let bob = try await a.caller(stage.pair.bob.id, of: stage.pair.peerAtA)
        _ = try await stage.online(to: bob)
        #expect(stage.asked.take() == [])
        await stage.pair.close()
    }

    @Test("A homeserver that does not answer is left in peace for a while, one that is only busy is not")
    func silence() async throws {
        let stage = try await Stage.make()
        let b = stage.pair.b.home.server
        stage.pair.b.home.presence.socketOpened(stage.pair.bob.key)
        try await stage.pair.b.home.tellPresence()
        func questions(_ failure: HomeError?, after wait: Duration) async throws -> Int {
            stage.asked.fail(with: failure)
            stage.pair.a.time.advance(by: wait)
            let online = try await stage.online(to: stage.pair.alice)
            #expect(online == (failure == nil ? ["bob"] : []))
            return stage.asked.take().count
        }
        #expect(try await questions(.remoteUnreachable(b), after: .zero) == 1)
        #expect(try await questions(.remoteUnreachable(b), after: Limits.statusSilence - .seconds(1)) == 0)
        #expect(try await questions(.rateLimited(retryAfter: .seconds(2)), after: .seconds(1)) == 1)
        #expect(try await questions(.rateLimited(retryAfter: .seconds(3600)), after: .seconds(2)) == 1)
        #expect(try await questions(.unavailable("busy"), after: Limits.statusSilence) == 1)
        #expect(try await questions(.unavailable("busy"), after: .zero) == 1)
        #expect(try await questions(nil, after: .zero) == 1)
        await stage.pair.close()
    }

    @Test("A homeserver has no say of anybody after whom it was not asked")
    func others() async throws {
        let stage = try await Stage.make()
        stage.asked.answer { _ in [stage.carol.id, stage.dan.id] }
        #expect(try await stage.online(to: stage.pair.alice) == ["dan"])
        await stage.pair.close()
    }

    @Test("Answers are kept within their bound")
    func bounded() throws {
        let statuses = StatusesElsewhere()
        let server = try #require(ServerName("b.example"))
        func question(_ number: Int) throws -> StatusQuestion {
            StatusQuestion(
                community: IDSource().next(), viewer: try #require(UserID("v\(number)@a.example")), users: [])
        }
        let first = try question(0)
        statuses.learn([], first, of: server, at: .zero)
        for number in 1..<Limits.statusAnswers { statuses.learn([], try question(number), of: server, at: .seconds(1)) }
        #expect(statuses.known(first, of: server, at: Limits.statusLife - .seconds(1)) != nil)
        #expect(statuses.known(first, of: server, at: Limits.statusLife) == nil, "it is old")
        let last = try question(Limits.statusAnswers)
        statuses.learn([], last, of: server, at: .seconds(2))
        #expect(statuses.known(first, of: server, at: .seconds(2)) == nil, "there was no room")
        #expect(statuses.known(last, of: server, at: .seconds(2)) != nil)
    }
}

/// Keeps what was asked, and answers it or fails. State: a `Mutex`.
private final class AskedPeers: PeerCalls {
    private struct State {
        var questions: [[UserID]] = []
        var failure: HomeError?
        var answer: @Sendable (StatusQuestion) async throws -> [UserID] = { _ in [] }
    }

    private let state = Mutex(State())

    func call(_ server: ServerName, _ call: CarriedCall) async throws(HomeError) -> CarriedAnswer {
        throw .remoteUnreachable(server)
    }

    func online(_ server: ServerName, _ question: StatusQuestion) async throws(HomeError) -> Set<UserID> {
        let (failure, answer) = state.withLock { state in
            state.questions.append(question.users.sorted())
            return (state.failure, state.answer)
        }
        if let failure { throw failure }
        do { return Set(try await answer(question)) } catch { throw .internal }
    }

    func answer(_ answer: @escaping @Sendable (StatusQuestion) async throws -> [UserID]) {
        state.withLock { $0.answer = answer }
    }

    func fail(with failure: HomeError?) {
        state.withLock { $0.failure = failure }
    }

    /// The users of each question since the last call.
    func take() -> [[UserID]] {
        state.withLock { state in
            defer { state.questions = [] }
            return state.questions
        }
    }
}

/// A community of alice's at `a`, in which carol of `a`, and bob and dan of `b` are.
private struct Stage {
    let pair: Pair
    let carol: Account
    let dan: Account
    let id: CommunityID
    let asked: AskedPeers

    static func make() async throws -> Stage {
        let asked = AskedPeers()
        let pair = try await Pair.make(peerCalls: asked)
        let (a, b) = (pair.a, pair.b)
        let carol = try await a.accounts("carol")[0]
        let dan = try await b.accounts("dan")[0]
        let made = try await a.home.createCommunity(name: "Gardens", description: nil, by: pair.alice)
        let link = try await a.home.createLink(in: made.id, life: nil, maxUses: nil, by: pair.alice)
        _ = try await a.home.join(byLink: link.code, carol)
        for guest in [pair.bob, dan] {
            let invite = try await a.home.invite(guest.id, to: made.id, life: nil, by: pair.alice)
            #expect(try await pair.carry(a, b).isEmpty)
            _ = try await b.home.acceptInvite(invite.id, by: guest)
            #expect(try await pair.carry(b, a).isEmpty)
            #expect(try await pair.carry(a, b).isEmpty)
        }
        let peer = pair.peerAtB
        asked.answer { try await b.home.online($0, askedBy: peer) }
        return Stage(pair: pair, carol: carol, dan: dan, id: made.id, asked: asked)
    }

    /// No answer is believed any more.
    func later() { pair.a.time.advance(by: Limits.statusLife) }

    /// The names of those who are online in the whole list.
    func online(to viewer: Account) async throws -> [String] {
        try await pair.a.home.members(of: id, after: nil, startingWith: nil, limit: 100, for: viewer).members
            .filter(\.presence.isOnline).map(\.member.id.local)
    }
}
