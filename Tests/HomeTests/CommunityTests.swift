import Postgres
import Support
import Testing
import Wire

@testable import Home

@Suite("Communities")
struct CommunityTests {
    @Test("What is in memory is what is in the database, whatever people do")
    func memory() async throws {
        let stage = try await Stage.make()
        var random = SplitMix(seed: 20_261_128)
        for _ in 0..<250 {
            await stage.anything(&random)
        }
        try await stage.checkMemory()
        #expect(stage.test.delivery.recoveries == 0)
        await stage.test.close()
    }

    @Test("The same while the Writer's connection is lost again and again: nothing happens twice, and nothing is lost")
    func memoryWithLosses() async throws {
        let stage = try await Stage.make()
        let killing = Task {
            while !Task.isCancelled {
                try? await Task.sleep(for: .milliseconds(15))
                _ = try? await stage.test.database.execute(
                    """
                    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                    WHERE application_name = 'writer' AND datname = current_database()
                    """)
            }
        }
        var random = SplitMix(seed: 7)
        for _ in 0..<120 { await stage.anything(&random) }
        let answers = await stage.write(40)
        killing.cancel()
        await killing.value
        try await stage.checkMemory()
        // Each that was acknowledged is there, once.
        for (nonce, answer) in answers {
            guard case .success = answer else { continue }
            let count = try await stage.test.database.one(
                "SELECT count(*) FROM messages WHERE nonce = \(nonce)", as: Int.self)
            #expect(count == 1, "\(nonce)")
        }
        #expect(answers.values.contains { if case .success = $0 { true } else { false } })
        await stage.test.close()
    }

    @Test("Statements of each operation, with what it needs in memory")
    func statements() async throws {
        let stage = try await Stage.make()
        let (home, alice, bob) = (stage.test.home, stage.people[0], stage.people[1])
        let channel = try #require(try await stage.community().sortedChannels.first)
        func counts(_ work: () async throws -> Void) async throws -> [Int] {
            let before = await stage.statements()
            try await work()
            let after = await stage.statements()
            return [after.writer - before.writer, after.shared - before.shared]
        }
        func send(_ nonce: String?) async throws {
            let message = NewChannelMessage(
                channel: channel.id, text: "x", nonce: nonce, replyTo: nil, mentions: [.everyone])
            _ = try await home.sendChannelMessages([message], from: alice)[0].get()
        }
        // BEGIN, lock, number, insert, COMMIT; a nonce is one more. Nothing is read beside the Writer.
        #expect(try await counts { try await send(nil) } == [5, 0])
        #expect(try await counts { try await send("n") } == [6, 0])
        #expect(
            try await counts { _ = try await home.channelMessages(in: channel.id, page: HistoryPage(), of: bob) } == [
                0, 2,
            ])
        #expect(
            try await counts { try await home.markRead(channel: channel.id, through: 2, of: bob) } == [5, 1])
        #expect(try await counts { _ = try await home.communityView(stage.id, of: bob) } == [0, 1])
        #expect(
            try await counts {
                _ = try await home.members(
                    of: stage.id, after: nil, startingWith: nil, limit: 10, for: bob)
            } == [0, 1])
        // The community, its log and the two tables that change.
        #expect(
            try await counts {
                _ = try await home.updateCommunity(stage.id, name: "Other", description: nil, by: alice)
            } == [4, 0])
        #expect(
            try await counts {
                _ = try await home.createChannel(
                    NewChannel(name: "new", kind: .text, topic: nil, isPrivate: false, roles: []), in: stage.id,
                    by: alice)
            } == [7, 0])
        #expect(try await counts { _ = try await home.readyState(of: bob) } == [0, 7])
        await stage.test.close()
    }

    @Test("A time-out is not ended by leaving and coming back")
    func timeOutStays() async throws {
        let stage = try await Stage.make()
        let (home, alice, bob) = (stage.test.home, stage.people[0], stage.people[1])
        let link = try await home.createLink(in: stage.id, life: nil, maxUses: nil, by: alice)
        _ = try await home.timeOut(bob.id, for: .seconds(600), in: stage.id, reason: nil, by: alice)
        try await home.leaveCommunity(stage.id, by: bob)
        _ = try await home.join(byLink: link.code, bob)
        let channel = try #require(try await stage.community().sortedChannels.first)
        let message = NewChannelMessage(channel: channel.id, text: "x", nonce: nil, replyTo: nil, mentions: [])
        guard case .failure(.forbidden) = await home.sendChannelMessages([message], from: bob)[0] else {
            return #expect(Bool(false), "he is timed out as before")
        }
        try await stage.checkMemory()
        stage.test.time.advance(by: .seconds(601))
        _ = try await home.sendChannelMessages([message], from: bob)[0].get()
        await stage.test.close()
    }

    @Test("Opposite changes that share a batch leave memory and database alike")
    func oppositesInOneBatch() async throws {
        let stage = try await Stage.make()
        let (home, alice, bob) = (stage.test.home, stage.people[0], stage.people[1])
        for _ in 0..<10 {
            // While the Writer is busy all of them wait for its next batch.
            async let busy: Void = stage.busy()
            await withTaskGroup { group in
                for isBanned in [true, false, true, false, true] {
                    group.addTask {
                        if isBanned {
                            try? await home.ban(bob.id, from: stage.id, reason: nil, purge: .zero, by: alice)
                        } else {
                            try? await home.unban(bob.id, from: stage.id, by: alice)
                        }
                    }
                }
            }
            await busy
            try await stage.checkMemory()
        }
        await stage.test.close()
    }

    @Test("Of one batch, what comes behind the end of a community finds none")
    func behindTheEnd() async throws {
        let stage = try await Stage.make()
        let (home, alice, bob) = (stage.test.home, stage.people[0], stage.people[1])
        let channel = try #require(try await stage.community().sortedChannels.first)
        let message = NewChannelMessage(channel: channel.id, text: "x", nonce: nil, replyTo: nil, mentions: [])
        _ = try await home.sendChannelMessages([message], from: bob)[0].get()
        _ = stage.test.delivery.takeEvents()
        let answers = await withTaskGroup(of: Result<ChannelReceipt, HomeError>?.self) { group in
            group.addTask {
                try? await home.deleteCommunity(stage.id, by: alice)
                return nil
            }
            for _ in 0..<20 {
                group.addTask { await home.sendChannelMessages([message], from: bob)[0] }
            }
            return await group.reduce(into: [Result<ChannelReceipt, HomeError>]()) {
                if let answer = $1 { $0.append(answer) }
            }
        }
        // Whatever was sent before the end was told before it, and nothing was told behind it.
        let events = stage.test.delivery.takeEvents()
        let end = try #require(
            events.lastIndex { if case .communityChanged = $0.body { true } else { false } })
        #expect(!events[end...].contains { if case .newChannelMessage = $0.body { true } else { false } })
        let told = events.count { if case .newChannelMessage = $0.body { true } else { false } }
        #expect(told == answers.count { if case .success = $0 { true } else { false } })
        await #expect(throws: HomeError.notFound("you are in no such community")) {
            _ = try await home.communityView(stage.id, of: bob)
        }
        await stage.test.close()
    }

    @Test("A role is given only by who may say what channels say of it")
    func rolesAndOverrides() async throws {
        let stage = try await Stage.make()
        let (home, alice, bob) = (stage.test.home, stage.people[0], stage.people[1])
        let staff = try await home.createRole(
            name: "Staff", permissions: [], color: nil, in: stage.id, by: alice)
        let manager = try await home.createRole(
            name: "Manager", permissions: .manageRoles, color: nil, in: stage.id, by: alice)
        _ = try await home.updateRole(
            manager.id, RoleEdit(name: nil, permissions: nil, position: 3, color: nil), in: stage.id, by: alice)
        _ = try await home.setRole(manager.id, true, of: bob.id, in: stage.id, by: alice)
        _ = try await home.createChannel(
            NewChannel(name: "staff", kind: .text, topic: nil, isPrivate: true, roles: [staff.id]), in: stage.id,
            by: alice)
        let refusal = HomeError.forbidden("a channel says something of this role that you may not say there")
        await #expect(throws: refusal) { _ = try await home.setRole(staff.id, true, of: bob.id, in: stage.id, by: bob) }
        await #expect(throws: refusal) { try await home.deleteRole(staff.id, in: stage.id, by: bob) }
        let plain = try await home.createRole(name: "Plain", permissions: [], color: nil, in: stage.id, by: bob)
        _ = try await home.setRole(plain.id, true, of: bob.id, in: stage.id, by: bob)
        try await stage.checkMemory()
        await stage.test.close()
    }

    @Test("Whom somebody has blocked cannot keep others' invitations from him, and he hears of none of his")
    func blockedInviter() async throws {
        let stage = try await Stage.make()
        let (home, alice, bob) = (stage.test.home, stage.people[0], stage.people[1])
        let dora = try await stage.test.accounts("newcomer")[0]
        try await home.block(bob.id, by: dora)
        _ = stage.test.delivery.takeEvents()
        let hidden = try await home.invite(dora.id, to: stage.id, life: nil, by: bob)
        #expect(stage.test.delivery.takeEvents().allSatisfy { $0.recipients != [dora.key] })
        #expect(try await home.serverInvites(of: dora).isEmpty)
        let shown = try await home.invite(dora.id, to: stage.id, life: nil, by: alice)
        #expect(shown.id != hidden.id && shown.inviter == alice.id)
        #expect(try await home.serverInvites(of: dora).map(\.id) == [shown.id])
        let told = stage.test.delivery.takeEvents().filter { $0.recipients == [dora.key] }
        #expect(told.count == 1)
        guard case .newServerInvite(let invite) = told.first?.body else {
            return #expect(Bool(false), "the invitation")
        }
        #expect(invite.id == shown.id)
        await stage.test.close()
    }

    @Test("A purge takes what was written in its time where the moderator may, and says so in the log")
    func purgeOfAuthor() async throws {
        let stage = try await Stage.make()
        let (home, alice, bob) = (stage.test.home, stage.people[0], stage.people[1])
        let channel = try #require(try await stage.community().sortedChannels.first)
        func write(_ count: Int) async throws {
            for _ in 0..<count {
                let message = NewChannelMessage(channel: channel.id, text: "x", nonce: nil, replyTo: nil, mentions: [])
                _ = try await home.sendChannelMessages([message], from: bob)[0].get()
            }
        }
        try await write(3)
        stage.test.time.advance(by: .seconds(3600))
        try await write(130)
        try await home.ban(bob.id, from: stage.id, reason: "spam", purge: .seconds(1800), by: alice)
        let left = try await stage.test.database.one(
            "SELECT count(*) FROM messages WHERE deleted_at IS NULL", as: Int.self)
        #expect(left == 3)
        let log = try await home.communityLog(of: stage.id, before: .max, limit: 2, for: alice)
        #expect(log.map(\.action) == ["message.purge", "member.ban"])
        #expect(log[0].detail?.contains("130") == true && log[1].reason == "spam")
        await stage.test.close()
    }

    @Test("What was said in a channel goes with it, and nothing else does")
    func purge() async throws {
        let stage = try await Stage.make()
        let (home, alice) = (stage.test.home, stage.people[0])
        let other = try await home.createChannel(
            NewChannel(name: "other", kind: .text, topic: nil, isPrivate: false, roles: []), in: stage.id, by: alice)
        for channel in try await stage.community().sortedChannels {
            for _ in 0..<3 {
                let message = NewChannelMessage(
                    channel: channel.id, text: "x", nonce: nil, replyTo: nil, mentions: [])
                _ = try await home.sendChannelMessages([message], from: alice)[0].get()
            }
        }
        try await home.deleteChannel(other.channel.id, by: alice)
        await home.purge()
        func count() async throws -> Int {
            try await stage.test.database.one("SELECT count(*) FROM messages", as: Int.self)
        }
        #expect(try await count() == 3)
        try await home.deleteCommunity(stage.id, by: alice)
        #expect(try await home.channelStore.purgeDeleted(chunk: 2) == 2)
        await home.purge()
        #expect(try await count() == 0)
        await stage.test.close()
    }

    @Test("An invitation ends with its time, and its person hears of it")
    func expiry() async throws {
        let stage = try await Stage.make()
        let home = stage.test.home
        let dora = try await stage.test.accounts("newcomer")[0]
        let invite = try await home.invite(dora.id, to: stage.id, life: .seconds(60), by: stage.people[0])
        #expect(try await home.serverInvites(of: dora).map(\.id) == [invite.id])
        stage.test.time.advance(by: .seconds(61))
        #expect(try await home.serverInvites(of: dora).isEmpty)
        await #expect(throws: HomeError.notFound("you have no such invitation")) {
            _ = try await home.acceptInvite(invite.id, by: dora)
        }
        _ = stage.test.delivery.takeEvents()
        try await home.expireInvites()
        let told = stage.test.delivery.takeEvents().compactMap { event -> ServerInviteChange? in
            guard case .serverInviteChanged(let change) = event.body, event.recipients == [dora.key] else { return nil }
            return change
        }
        #expect(told.map(\.id) == [invite.id] && told.map(\.state) == ["expired"])
        await stage.test.close()
    }
}

/// A community of six people in the Writer's memory and in the database.
private struct Stage: Sendable {
    let test: TestHome
    let people: [Account]
    let id: CommunityID

    static func make() async throws -> Stage {
        let test = try await TestHome.make()
        let people = try await test.accounts("alice", "bob", "carol", "dan", "erin", "fay")
        let made = try await test.home.createCommunity(name: "Gardens", description: nil, by: people[0])
        let stage = Stage(test: test, people: people, id: made.id)
        let link = try await test.home.createLink(in: made.id, life: nil, maxUses: nil, by: people[0])
        for person in people.dropFirst() { _ = try await test.home.join(byLink: link.code, person) }
        return stage
    }

    func community() async throws -> Community {
        try await test.home.community(id, of: people[0])
    }

    /// Keeps the Writer busy for a moment.
    func busy() async {
        _ = await write(50)
    }

    func statements() async -> (writer: Int, shared: Int) {
        (
            await test.writerDatabase.metricsSnapshot.statements,
            // The count itself costs none.
            await test.database.metricsSnapshot.statements
        )
    }

    /// What the Writer holds against what a new one would load.
    func checkMemory() async throws {
        let held = try await community()
        let store = BatchStore(
            database: test.writerDatabase, board: CommunityBoard(), ids: IDSource(), incarnation: Incarnation())
        let writer = Writer(
            store: store, delivery: test.delivery, presence: PresenceBoard(time: test.time), time: test.time)
        let loaded = try #require(try await writer.submit(ReadCommunity(key: held.key)))
        #expect(held.name == loaded.name && held.description == loaded.description)
        #expect(held.owner == loaded.owner && held.version == loaded.version)
        #expect(held.roles == loaded.roles)
        #expect(held.channels == loaded.channels)
        #expect(held.members == loaded.members)
        #expect(held.bans == loaded.bans)
        #expect(held.timeOuts == loaded.timeOuts)
        let logged = try await test.database.one(
            "SELECT count(*) FROM community_log WHERE community = \(held.key.value)", as: Int.self)
        #expect(logged == Int(held.version), "each change has an entry, and each entry is a change")
        let positions = held.roles.values.map(\.position).sorted()
        #expect(positions == Array(0..<held.roles.count), "the order of roles has no holes: \(positions)")
    }

    /// Writes `count` messages at once, each with a nonce.
    func write(_ count: Int) async -> [String: Result<ChannelReceipt, HomeError>] {
        guard let channel = try? await community().sortedChannels.first(where: { $0.kind == .text }) else { return [:] }
        return await withTaskGroup { group in
            for number in 0..<count {
                group.addTask {
                    let message = NewChannelMessage(
                        channel: channel.id, text: "x", nonce: "w\(number)", replyTo: nil, mentions: [])
                    return ("w\(number)", await test.home.sendChannelMessages([message], from: people[0])[0])
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// Somebody does something, sensible or not; refusals are answers like any other.
    func anything(_ random: inout SplitMix) async {
        let home = test.home
        guard let actor = people.randomElement(using: &random), let other = people.randomElement(using: &random),
            let community = try? await community()
        else { return }
        let role = community.sortedRoles.randomElement(using: &random)
        let channel = community.sortedChannels.randomElement(using: &random)
        // The owner does most, or soon nobody could do anything.
        let by = Bool.random(using: &random) ? people[0] : actor
        do throws(HomeError) {
            switch Int.random(in: 0..<17, using: &random) {
            case 0: _ = try await home.updateCommunity(id, name: "N\(random.next() % 9)", description: nil, by: by)
            case 1:
                let new = NewChannel(
                    name: "c", kind: .text, topic: nil, isPrivate: Bool.random(using: &random),
                    roles: role.map { [$0.id] } ?? [])
                _ = try await home.createChannel(new, in: id, by: by)
            case 2:
                guard let channel, community.channels.count > 2 else { return }
                try await home.deleteChannel(channel.id, by: by)
            case 3:
                guard let channel else { return }
                let override = PermissionOverride(
                    allow: Permissions(rawValue: Int64(random.next() % 2048) << 11), deny: .viewChannel)
                let subject: OverrideSubject =
                    Bool.random(using: &random) ? .user(other.id) : role.map { .role($0.id) } ?? .everyone
                _ = try await home.setOverride(
                    Bool.random(using: &random) ? override : nil, for: subject, in: channel.id, by: by)
            case 4:
                _ = try await home.createRole(
                    name: "r", permissions: Permissions(rawValue: Int64(random.next() % 4_194_304)), color: "#123456",
                    in: id, by: by)
            case 5:
                guard let role else { return }
                let edit = RoleEdit(
                    name: nil, permissions: role.permissions.symmetricDifference(.kickMembers),
                    position: Int.random(in: 1...5, using: &random), color: nil)
                _ = try await home.updateRole(role.id, edit, in: id, by: by)
            case 6:
                guard let role, community.roles.count > 4 else { return }
                try await home.deleteRole(role.id, in: id, by: by)
            case 7, 8:
                guard let role else { return }
                _ = try await home.setRole(role.id, Bool.random(using: &random), of: other.id, in: id, by: by)
            case 9: try await home.kick(other.id, from: id, reason: "why", by: by)
            case 10: _ = try await home.timeOut(other.id, for: .seconds(60), in: id, reason: nil, by: by)
            case 11: _ = try await home.timeOut(other.id, for: nil, in: id, reason: nil, by: by)
            case 12: try await home.ban(other.id, from: id, reason: nil, purge: .seconds(60), by: by)
            case 13: try await home.unban(other.id, from: id, by: by)
            case 14: try await home.leaveCommunity(id, by: actor)
            case 15:
                let invite = try await home.invite(other.id, to: id, life: nil, by: by)
                _ = try await home.acceptInvite(invite.id, by: other)
            default:
                guard let channel else { return }
                let message = NewChannelMessage(
                    channel: channel.id, text: "hello", nonce: nil, replyTo: nil, mentions: [.user(other.id)])
                let sent = await home.sendChannelMessages([message], from: actor)[0]
                guard case .success(let receipt) = sent else { return }
                try await home.markRead(channel: channel.id, through: receipt.seq ?? 0, of: other)
                if Bool.random(using: &random) {
                    try await home.deleteMessage(receipt.messageID, in: channel.id, reason: nil, by: by)
                }
            }
        } catch {
            if case .internal = error { Issue.record("a fault of ours: \(error)") }
        }
    }
}

private struct ReadCommunity: WriteUnit {
    let key: CommunityKey
    func declare(_ needs: inout BatchNeeds) { needs.communities.insert(key) }
    func apply(to batch: inout Batch) throws(HomeError) -> Community? { batch.communities[key] }
}

/// The same numbers from the same seed (Steele, Lea and Flood 2014).
struct SplitMix: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
