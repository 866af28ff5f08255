import Testing
import Wire

@testable import Home

@Suite("What a community's home tells of it, in parts")
struct CommunityStateTests {
    let ids = IDSource()
    let now = Instant(seconds: 1_790_000_000)
    let server = [63, 63, 63, 61].map { String(repeating: "s", count: $0) }.joined(separator: ".")

    /// The longest address that there is.
    func longest(_ number: Int) throws -> ResolvedUser {
        let name = String(repeating: "u", count: 32 - 3) + String(number + 100)
        let peer = RemotePeer(key: PeerKey(1), name: try #require(ServerName(server)))
        return ResolvedUser(
            key: UserKey(Int64(number)), id: try #require(UserID("\(name)@\(server)")), peer: peer)
    }

    /// A community whose one channel is as large as limits let it be.
    func largest(topic: Character) throws -> (Community, Channel) {
        let overrides = try (0..<Limits.overrides).map { number in
            (
                OverrideTarget.member(try longest(number).key),
                PermissionOverride(allow: .ofChannels, deny: number % 2 == 0 ? .ofChannels : [])
            )
        }
        let channel = Channel(
            key: ChannelKey(1), id: ids.next(), kind: .voice,
            name: String(repeating: "🦊", count: Limits.nameCodePoints),
            topic: String(repeating: topic, count: Limits.descriptionCodePoints), position: .max, slowMode: .max,
            overrides: Dictionary(uniqueKeysWithValues: overrides), heldAfter: 0)
        var community = Community(
            key: CommunityKey(1), id: ids.next(), host: nil, name: String(repeating: "🦊", count: Limits.nameCodePoints),
            description: String(repeating: topic, count: Limits.descriptionCodePoints), owner: try longest(0),
            version: .max, createdAt: now, channels: [channel.key: channel])
        for number in 0..<Limits.overrides {
            let user = try longest(number)
            let roles = (0..<Limits.rolesOfMember).map { _ in ids.next() as RoleID }
            community.members[user.key] = Member(user: user, joinedAt: now, roles: Set(roles), timedOutUntil: now)
        }
        return (community, channel)
    }

    /// The bytes of each event.
    func sizes(_ state: CommunityStateWriter, of community: Community) -> [Int] {
        state.parts().map {
            OutgoingEvent(
                id: ids.next(), sender: community.owner, receiver: nil, timestamp: now,
                payload: .written(.communityState, data: $0)
            ).json(seq: .max).count
        }
    }

    @Test(
        "no event is larger than a peer takes, whatever limits let there be",
        arguments: ["🦊", "\u{1}", "\""] as [Character])
    func parts(topic: Character) throws {
        let (community, channel) = try largest(topic: topic)
        let counters: ConversationCounters? = nil
        for isSnapshot in [false, true] {
            var state = CommunityStateWriter(
                community, incarnation: String(repeating: "i", count: 36), isSnapshot: isSnapshot)
            state.hasHead = true
            state.removedChannels = (0..<Limits.channels).map { _ in ids.next() }
            state.removedRoles = (0..<Limits.roles).map { _ in ids.next() }
            state.onlyChannels = isSnapshot ? state.removedChannels : nil
            state.onlyRoles = isSnapshot ? state.removedRoles : nil
            for _ in 0..<3 { state.add(channel, counters) }
            for member in community.members.values { state.add(member, .member, reason: .joined) }
            let sizes = sizes(state, of: community)
            #expect(sizes.count > 4)
            #expect((sizes.max() ?? 0) <= Limits.eventBytes, "\(sizes)")
        }
    }
}
