import Testing
import Wire

@testable import Home

@Suite("What somebody may do in a community")
struct StandingTests {
    static let now = Instant(seconds: 1_790_000_000)
    static let everyone: Permissions = [.viewChannel, .sendMessages, .readHistory]

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var owner = false
        var roles: [Permissions] = []
        var timedOut: Int64?
        var forEveryone = PermissionOverride.none
        var forRoles: [PermissionOverride] = []
        var own = PermissionOverride.none
        let expected: Permissions

        init(
            _ description: String, owner: Bool = false, roles: [Permissions] = [], timedOut: Int64? = nil,
            everyone: PermissionOverride = .none, forRoles: [PermissionOverride] = [],
            own: PermissionOverride = .none, _ expected: Permissions
        ) {
            testDescription = description
            self.owner = owner
            self.roles = roles
            self.timedOut = timedOut
            forEveryone = everyone
            self.forRoles = forRoles
            self.own = own
            self.expected = expected
        }
    }

    private static func allow(_ permissions: Permissions) -> PermissionOverride { .init(allow: permissions, deny: []) }
    private static func deny(_ permissions: Permissions) -> PermissionOverride { .init(allow: [], deny: permissions) }

    static let cases: [Case] = [
        Case("everyone's", everyone),
        Case("a role adds", roles: [.manageMessages], everyone.union(.manageMessages)),
        Case("roles add up", roles: [.manageMessages, .kickMembers], everyone.union([.manageMessages, .kickMembers])),
        Case("a channel takes from everyone", everyone: deny(.sendMessages), [.viewChannel, .readHistory]),
        Case("a channel gives to everyone", everyone: allow(.mentionEveryone), everyone.union(.mentionEveryone)),
        Case(
            "a role's override comes after everyone's", everyone: deny(.sendMessages), forRoles: [allow(.sendMessages)],
            everyone),
        Case(
            "of roles' overrides an allow beats a deny, in any order",
            forRoles: [allow(.sendMessages), deny(.sendMessages)], everyone),
        Case("and the other way round", forRoles: [deny(.sendMessages), allow(.sendMessages)], everyone),
        Case(
            "a member's override comes last: deny", forRoles: [allow(.sendMessages)], own: deny(.sendMessages),
            [.viewChannel, .readHistory]),
        Case(
            "a member's override comes last: allow", everyone: deny(.sendMessages), forRoles: [deny(.sendMessages)],
            own: allow(.sendMessages), everyone),
        Case("without sight there is nothing", roles: [.manageMessages], everyone: deny(.viewChannel), []),
        Case(
            "a private channel is open to a role", everyone: deny(.viewChannel), forRoles: [allow(.viewChannel)],
            everyone),
        Case(
            "a member who may not see it, whatever his roles may", forRoles: [allow(.viewChannel)],
            own: deny(.viewChannel), []),
        Case(
            "no channel gives what is the community's", own: allow([.administrator, .banMembers, .manageCommunity]),
            everyone),
        Case(
            "no channel takes what is the community's", roles: [.banMembers], own: deny(.banMembers),
            everyone.union(.banMembers)),
        Case("the owner is beyond channels", owner: true, own: deny(.viewChannel), .all),
        Case("an administrator is beyond channels", roles: [.administrator], own: deny(.viewChannel), .all),
        Case("who is timed out reads", roles: [.manageMessages], timedOut: 60, [.viewChannel, .readHistory]),
        Case("a time-out ends", roles: [.manageMessages], timedOut: 0, everyone.union(.manageMessages)),
        Case(
            "who is timed out does not see more than before", timedOut: 60, everyone: deny(.readHistory), .viewChannel),
        Case("a time-out is not for an administrator", roles: [.administrator], timedOut: 60, .all),
    ]

    @Test("in a channel", arguments: cases)
    func channels(_ item: Case) {
        let standing = Standing(
            user: UserKey(1), isOwner: item.owner, everyone: Self.everyone,
            roles: item.roles.enumerated().map { ($0.offset + 1, $0.element) },
            timedOutUntil: item.timedOut.map { Self.now + .seconds($0) })
        let result = standing.permissions(
            everyone: item.forEveryone, roles: item.forRoles, own: item.own, at: Self.now)
        #expect(result.names == item.expected.names)
    }

    @Test("as the reference says it, bit by bit, whatever roles and overrides there are")
    func property() {
        var random = SystemRandomNumberGenerator()
        func some() -> Permissions {
            Permissions(rawValue: Int64.random(in: 0..<(1 << 22)) & Int64.random(in: 0..<(1 << 22)))
        }
        func override() -> PermissionOverride { PermissionOverride(allow: some(), deny: some()) }
        for _ in 0..<20_000 {
            let roles = (0..<Int.random(in: 0...4)).map { (position: $0 + 1, permissions: some()) }
            let everyone = some()
            let forEveryone = override()
            let forRoles = roles.map { _ in override() }
            let own = override()
            let timedOut = Bool.random(using: &random)
            let standing = Standing(
                user: UserKey(1), isOwner: false, everyone: everyone, roles: roles,
                timedOutUntil: timedOut ? Self.now + .seconds(1) : nil)
            let result = standing.permissions(everyone: forEveryone, roles: forRoles, own: own, at: Self.now)
            var expected = Permissions()
            let isAdministrator = ([everyone] + roles.map(\.permissions)).contains { $0.contains(.administrator) }
            for (_, bit) in Permissions.named {
                var has = ([everyone] + roles.map(\.permissions)).contains { $0.contains(bit) }
                for layer in [[forEveryone], forRoles, [own]] {
                    if layer.contains(where: { $0.deny.contains(bit) }) { has = false }
                    if layer.contains(where: { $0.allow.contains(bit) }) { has = true }
                }
                if isAdministrator || has { expected.formUnion(bit) }
            }
            if !isAdministrator {
                if !expected.contains(.viewChannel) { expected = [] }
                if timedOut { expected.formIntersection([.viewChannel, .readHistory]) }
            }
            guard result == expected else {
                Issue.record("\(result.names) instead of \(expected.names)")
                return
            }
        }
    }

    @Test("over whom and over what somebody stands")
    func hierarchy() {
        func member(_ key: Int64, _ positions: [Int], owner: Bool = false, _ permissions: Permissions = []) -> Standing
        {
            Standing(
                user: UserKey(key), isOwner: owner, everyone: [], roles: positions.map { ($0, permissions) })
        }
        let owner = member(1, [], owner: true)
        let high = member(2, [1, 5], [.administrator])
        let same = member(3, [5], [.banMembers])
        let low = member(4, [2])
        let nobody = member(5, [])
        #expect(owner.isOver(high) && high.isOver(low) && low.isOver(nobody) && high.isOver(nobody))
        #expect(!high.isOver(owner), "not even an administrator stands over the owner")
        #expect(!high.isOver(same) && !same.isOver(high), "nor over who has as high a role")
        #expect(!low.isOver(high) && !nobody.isOver(member(6, [])))
        for one in [owner, high, low] { #expect(!one.isOver(one), "nobody acts on himself") }
        #expect(owner.isOver(rolePosition: 99) && high.isOver(rolePosition: 4))
        #expect(!high.isOver(rolePosition: 5) && !nobody.isOver(rolePosition: 0))
        #expect(same.mayGrant([.banMembers], at: Self.now) && !same.mayGrant([.kickMembers], at: Self.now))
        #expect(high.mayGrant(.all, at: Self.now) && owner.mayGrant(.all, at: Self.now))
    }

    @Test("names and bits are one to one, and presets contain each other")
    func names() throws {
        #expect(Set(Permissions.named.map(\.name)).count == Permissions.named.count)
        #expect(Permissions.all.rawValue == (1 << Permissions.named.count) - 1)
        for (index, entry) in Permissions.named.enumerated() {
            #expect(entry.permission.rawValue == 1 << index, "\(entry.name)")
            #expect(try #require(Permissions(names: [entry.name])) == entry.permission)
        }
        #expect(Permissions(names: ["no_such"]) == nil)
        #expect(Permissions.presetOfModerators.isStrictSuperset(of: .presetOfMembers))
        #expect(!Permissions.presetOfModerators.contains(.administrator))
        #expect(Permissions.all.names.count == Permissions.named.count)
    }
}
