import Home
import Postgres
import Sodium
import Support
import Testing
import Wire

@testable import Federation

/// Whom a homeserver speaks with, by mode, policy and what the operator has added.
struct PeerModeTests {
    private func verdict(
        _ mode: PeerMode, _ world: TestHome, _ name: ServerName, listed: Set<ServerName> = []
    ) async -> String {
        do throws(FederationError) {
            _ = try await KnownPeers(home: world.home, mode: mode, listed: listed, time: world.time).admit(name)
            return "admitted"
        } catch {
            return error.code
        }
    }

    private func isConflict(_ error: HomeError?) -> Bool {
        if case .conflict? = error { true } else { false }
    }

    @Test(arguments: [
        (PeerMode.open, "pending", "admitted"), (.open, "allowed", "admitted"), (.open, "limited", "admitted"),
        (.open, "blocked", "blocked"), (.allowlist, "pending", "not_allowed"), (.allowlist, "allowed", "admitted"),
        (.allowlist, "limited", "admitted"), (.allowlist, "blocked", "blocked"), (.closed, "allowed", "not_allowed"),
        (.closed, "blocked", "blocked"),
    ])
    func `a known peer is judged by mode and policy`(
        _ mode: PeerMode, _ policy: String, _ expected: String
    ) async throws {
        let world = try await TestHome.make()
        let name = try #require(ServerName("beta.example"))
        _ = try await world.home.knownPeer(named: name)
        try await world.database.execute("UPDATE peers SET policy = \(policy)")
        #expect(await verdict(mode, world, name) == expected)
        await world.close()
    }

    @Test func `the allowlist is what the configuration names and the operator adds`() async throws {
        let world = try await TestHome.make()
        let name = try #require(ServerName("beta.example"))
        #expect(await verdict(.open, world, name) == "admitted")
        #expect(await verdict(.allowlist, world, name) == "not_allowed")
        #expect(await verdict(.allowlist, world, name, listed: [name]) == "admitted")
        let root = Fingerprint(of: try TestKeys.newKey().publicKey)
        let add = AddPeer(
            peers: PeerAdministration(database: world.database, us: world.home.server, actor: "test", time: world.time))
        try await add.run(name, root: root)
        #expect(await verdict(.allowlist, world, name) == "admitted")
        await world.close()
    }

    @Test func `in mode allowlist an open invitation lets a stranger greet, and nothing else`() async throws {
        let world = try await TestHome.make()
        let guest = try #require(ServerName("guest.example"))
        let other = try #require(ServerName("other.example"))
        let peers = PeerAdministration(database: world.database, us: world.home.server, actor: "test", time: world.time)
        func admits(_ name: ServerName, greeting: Bool) async -> Bool {
            do throws(FederationError) {
                let known = KnownPeers(home: world.home, mode: .allowlist, time: world.time)
                _ = try await known.admit(name, greeting: greeting)
                return true
            } catch { return false }
        }
        #expect(await !admits(guest, greeting: true))
        let invite = try await peers.invite(guest, for: .seconds(3600))
        #expect(await admits(guest, greeting: true))
        #expect(await !admits(guest, greeting: false))
        #expect(await !admits(other, greeting: true))

        let peer = try await world.home.knownPeer(named: guest)
        let stranger = try await world.home.knownPeer(named: other)
        #expect(try await !world.home.redeemInvite(invite.token, by: stranger), "it was for another")
        #expect(try await world.home.redeemInvite(invite.token, by: peer))
        #expect(try await world.home.knownPeer(named: guest).policy == .allowed)
        #expect(try await !world.home.redeemInvite(invite.token, by: peer), "once")
        #expect(await admits(guest, greeting: false))

        let late = try await peers.invite(nil, for: .seconds(3600))
        world.time.advance(by: .seconds(3600))
        #expect(try await !world.home.redeemInvite(late.token, by: stranger), "too late")
        #expect(try await !world.home.redeemInvite("hmp_nonsense", by: stranger))
        await world.close()
    }

    @Test func `an invitation's code says who, which root and the token, and is read only whole`() throws {
        let name = try #require(ServerName("alpha.example"))
        let root = Fingerprint(of: try TestKeys.newKey().publicKey)
        let code = InviteCode(server: name, root: root, token: "hmp_x")
        let read = try #require(InviteCode(code.text))
        #expect(read.server == name && read.root == root && read.token == "hmp_x")
        for bad in [
            "", "home1", "home1:alpha.example", "home2:" + code.text.dropFirst(6), code.text + ":more",
            "home1:Alpha.example:\(root):hmp_x", "home1:alpha.example:12:hmp_x", "home1:alpha.example:\(root):",
            code.text + String(repeating: "x", count: 512),
        ] {
            #expect(InviteCode(bad) == nil, "\(bad)")
        }
    }

    @Test func `nobody is his own peer`() async throws {
        let world = try await TestHome.make()
        #expect(await verdict(.open, world, world.home.server) == "not_allowed")
        let add = AddPeer(
            peers: PeerAdministration(database: world.database, us: world.home.server, actor: "test", time: world.time))
        let root = Fingerprint(of: try TestKeys.newKey().publicKey)
        await #expect(throws: HomeError.invalid(field: "name", problem: "is this homeserver's own")) {
            try await add.run(world.home.server, root: root)
        }
        await world.close()
    }

    @Test func `a pinned root is not replaced by adding another`() async throws {
        let world = try await TestHome.make()
        let name = try #require(ServerName("beta.example"))
        let add = AddPeer(
            peers: PeerAdministration(database: world.database, us: world.home.server, actor: "test", time: world.time))
        let first = try TestKeys.newKey().publicKey
        let second = Fingerprint(of: try TestKeys.newKey().publicKey)
        try await add.run(name, root: Fingerprint(of: first))
        try await add.run(name, root: Fingerprint(of: first))
        var error = await #expect(throws: HomeError.self) { try await add.run(name, root: second) }
        #expect(isConflict(error))
        let peer = try await world.home.knownPeer(named: name)
        #expect(peer.rootFingerprint == Fingerprint(of: first).text)

        let other = try #require(ServerName("gamma.example"))
        let seen = try await world.home.knownPeer(named: other)
        try await world.home.savePeerKeys(
            seen.key, root: first.bytes, version: 1, hash: [1], document: [1],
            inPlaceOf: KeptPin(rootFingerprint: nil, root: nil, version: 0))
        error = await #expect(throws: HomeError.self) { try await add.run(other, root: second) }
        #expect(isConflict(error))
        try await add.run(other, root: Fingerprint(of: first))

        // A fetch that had begun before the operator spoke comes back with what it found then.
        let old = KeptPin(rootFingerprint: nil, root: first.bytes, version: 1)
        func late(_ found: KeptPin, version: Int64) async throws(HomeError) {
            try await world.home.savePeerKeys(
                seen.key, root: first.bytes, version: version, hash: [2], document: [2], inPlaceOf: found)
        }
        let operators = PeerAdministration(
            database: world.database, us: world.home.server, actor: "test", time: world.time)
        try await operators.repin(other, fingerprint: second.text)
        error = await #expect(throws: HomeError.self) { try await late(old, version: 2) }
        #expect(isConflict(error))
        let nothing = KeptPin(rootFingerprint: nil, root: nil, version: 0)
        error = await #expect(throws: HomeError.self) { try await late(nothing, version: 1) }
        #expect(isConflict(error), "found before there was a fingerprint")
        let repinned = try await world.home.knownPeer(named: other)
        #expect(repinned.rootPublicKey == nil && repinned.rootFingerprint == second.text)
        await world.close()
    }
}
