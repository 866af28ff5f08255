import Synchronization
package import Wire

/// The database's short key of a community; never leaves the process.
package struct CommunityKey: Hashable, Sendable, Comparable {
    package let value: Int64
    package init(_ value: Int64) { self.value = value }
    package static func < (a: CommunityKey, b: CommunityKey) -> Bool { a.value < b.value }
}

/// The database's short key of a channel, which is its conversation's; never leaves the process.
package struct ChannelKey: Hashable, Sendable, Comparable {
    package let value: Int64
    package init(_ value: Int64) { self.value = value }
    package static func < (a: ChannelKey, b: ChannelKey) -> Bool { a.value < b.value }
}

/// A community as it is decided over: everything but what is said in it.
///
/// A value. The Writer changes its own copy and publishes it after COMMIT (`CommunityBoard`), so whoever reads one sees a whole state.
package struct Community: Sendable {
    let key: CommunityKey
    package let id: CommunityID
    /// Where it is hosted; nil is here. Of a community that is hosted elsewhere this is a copy: what its home has told, and of members ours only.
    var host: RemotePeer?
    /// Of a copy: which life of its home's database it is of; nil before its home has told anything.
    var incarnation: String?
    /// Of a copy: events of it were lost, and its home is asked to tell everything anew.
    var isBehind = false
    package internal(set) var name: String
    package internal(set) var description: String?
    var owner: ResolvedUser
    /// Counts its changes, each of which has an entry in its log.
    package internal(set) var version: Int64
    package internal(set) var createdAt: Instant

    var roles: [RoleID: Role] { didSet { derived = Derived() } }
    var channels: [ChannelKey: Channel] { didSet { derived = Derived() } }
    var members: [UserKey: Member] { didSet { derived = Derived() } }
    var bans: Set<UserKey>
    /// Of a copy that is shown: its home is away, so it may be old.
    package var isStale = false
    /// Of a copy: how many members there are at all homeservers.
    var copiedMemberCount: Int?
    /// Of a copy: members elsewhere for whom a channel says something of its own.
    var namedElsewhere: [UserKey: UserID] = [:]
    /// Of those who left while they were timed out: leaving does not end it.
    var timeOuts: [UserKey: Instant] = [:]

    /// What follows from the rest, worked out when it is first asked for.
    private var derived = Derived()

    init(
        key: CommunityKey, id: CommunityID, host: RemotePeer?, name: String, description: String?, owner: ResolvedUser,
        version: Int64, createdAt: Instant, roles: [RoleID: Role] = [:], channels: [ChannelKey: Channel] = [:],
        members: [UserKey: Member] = [:], bans: Set<UserKey> = []
    ) {
        self.key = key
        self.id = id
        self.host = host
        self.name = name
        self.description = description
        self.owner = owner
        self.version = version
        self.createdAt = createdAt
        self.roles = roles
        self.channels = channels
        self.members = members
        self.bans = bans
    }
}

/// A role: permissions under a name, and a place in the order of roles.
package struct Role: Sendable, Equatable {
    package let id: RoleID
    package internal(set) var name: String
    package internal(set) var permissions: Permissions
    /// The higher, the more it stands over; everyone's is 0, and only everyone's.
    package internal(set) var position: Int
    /// Every member has it.
    package let isEveryone: Bool
    /// 24 bits of red, green and blue.
    package internal(set) var color: Int?
}

package struct Channel: Sendable, Equatable {
    package enum Kind: String, Sendable, CaseIterable { case text, voice }

    let key: ChannelKey
    package let id: ConversationID
    package let kind: Kind
    package internal(set) var name: String
    package internal(set) var topic: String?
    package internal(set) var position: Int
    /// Seconds that a member waits between two messages; 0 is none.
    package internal(set) var slowMode: Int
    var overrides: [OverrideTarget: PermissionOverride]
    /// Of a copy: everything with a number above it is here; what is older its home has.
    var heldAfter: Int64 = 0
    /// Of a copy that misses a number: the highest one that its home has named since. Nothing is taken until all through it has been fetched;
    /// what is behind it comes by the lane. Nil when nothing is missing.
    var behindThrough: Int64?

    var isBehind: Bool { behindThrough != nil }

    /// Whether it is hidden from members who have no more than everyone.
    package var isPrivate: Bool { overrides[.everyone]?.deny.contains(.viewChannel) ?? false }
}

/// For whom a channel says something of its own.
enum OverrideTarget: Hashable, Sendable {
    case everyone
    case role(RoleID)
    case member(UserKey)
}

package struct Member: Sendable, Equatable {
    let user: ResolvedUser
    package let joinedAt: Instant
    /// Without everyone's.
    package internal(set) var roles: Set<RoleID>
    package internal(set) var timedOutUntil: Instant?

    package var id: UserID { user.id }

    /// Without a time-out that is over.
    func current(at now: Instant) -> Member {
        guard let timedOutUntil, timedOutUntil <= now else { return self }
        return Member(user: user, joinedAt: joinedAt, roles: roles, timedOutUntil: nil)
    }
}

// MARK: - Who may do what

extension Community {
    package var ownerID: UserID { owner.id }

    /// Which life of its home's database a copy is of; nil for what is hosted here.
    package var hostIncarnation: String? { host == nil ? nil : incarnation }

    package var memberCount: Int { copiedMemberCount ?? members.count }

    /// Of another homeserver's community only the name is known here, from an invitation.
    var isNameOnly: Bool { host != nil && incarnation == nil && members.isEmpty }

    func channel(_ id: ConversationID) -> Channel? { derived.channelKey(id, of: self).flatMap { channels[$0] } }

    var everyone: Role {
        guard let role = roles.values.first(where: \.isEveryone) else {
            preconditionFailure("a community is made with the role everyone, which nobody can delete")
        }
        return role
    }

    /// Nil for somebody who is no member.
    package func standing(of user: UserKey) -> Standing? {
        members[user].map { standing(of: $0) }
    }

    func standing(of member: Member) -> Standing {
        Standing(
            user: member.user.key, isOwner: member.user.key == owner.key, everyone: derived.everyone(of: self),
            roles: member.roles.compactMap { roles[$0] }.map { ($0.position, $0.permissions) },
            timedOutUntil: member.timedOutUntil)
    }

    /// What a member may do in a channel; nothing for somebody who is none, or who may not see it.
    func permissions(of user: UserKey, in channel: Channel, at now: Instant) -> Permissions {
        guard let member = members[user] else { return [] }
        return permissions(of: member, in: channel, at: now)
    }

    func permissions(of member: Member, in channel: Channel, at now: Instant) -> Permissions {
        standing(of: member).permissions(
            everyone: channel.overrides[.everyone] ?? .none,
            roles: channel.overrides.isEmpty ? [] : member.roles.compactMap { channel.overrides[.role($0)] },
            own: channel.overrides[.member(member.user.key)] ?? .none, at: now)
    }

    /// A time-out takes no sight, so what one sees does not depend on the time.
    func sees(_ member: Member, _ channel: Channel) -> Bool {
        permissions(of: member, in: channel, at: Instant(microseconds: .min)).contains(.viewChannel)
    }

    /// The channels that a member sees, in their order.
    func channels(seenBy member: Member) -> [Channel] {
        sortedChannels.filter { sees(member, $0) }
    }

    package var sortedChannels: [Channel] { channels.values.sorted { ($0.position, $0.id) < ($1.position, $1.id) } }

    /// Highest first.
    package var sortedRoles: [Role] { roles.values.sorted { ($1.position, $1.id) < ($0.position, $0.id) } }
}

// MARK: - Who hears what

extension Community {
    /// Local members who have the same roles: they see the same channels, but for whom a channel says something of his own.
    struct Group: Sendable {
        let roles: Set<RoleID>
        let members: [UserKey]
    }

    /// The local members, in no particular order.
    var localMembers: [UserKey] { derived.localMembers(of: self) }

    /// The local members by their roles; the owner stands in none.
    var localGroups: [Group] { derived.groups(of: self) }

    /// The local members who see a channel.
    func viewers(of channel: ChannelKey) -> [UserKey] {
        guard let channel = channels[channel] else { return [] }
        return derived.viewers(of: channel, in: self)
    }

    /// The local members who may read what was said in a channel before they were there.
    func readers(of channel: ChannelKey) -> [UserKey] {
        guard let channel = channels[channel] else { return [] }
        return derived.readers(of: channel, in: self)
    }

    /// The local members with a permission in the community, those who see a channel if one is named.
    func local(with permission: Permissions, seeing channel: ChannelKey? = nil, at now: Instant) -> [UserKey] {
        (channel.map { viewers(of: $0) } ?? localMembers).filter {
            standing(of: $0)?.permissions(at: now).isSuperset(of: permission) ?? false
        }
    }

    /// Whether somebody with just these roles sees a channel.
    func sees(_ roles: Set<RoleID>, _ channel: Channel) -> Bool {
        let nobody = UserKey(0)
        let standing = Standing(
            user: nobody, isOwner: false, everyone: derived.everyone(of: self),
            roles: roles.compactMap { self.roles[$0] }.map { ($0.position, $0.permissions) })
        return standing.permissions(
            everyone: channel.overrides[.everyone] ?? .none, roles: roles.compactMap { channel.overrides[.role($0)] },
            own: .none, at: Instant(microseconds: .min)
        ).contains(.viewChannel)
    }

    /// Those whose sight of a channel does not follow from their roles.
    func exceptions(in channel: Channel) -> [UserKey] {
        let named = channel.overrides.keys.compactMap { target -> UserKey? in
            if case .member(let user) = target { user } else { nil }
        }
        return Set(named + [owner.key]).filter { user in members[user].map { $0.user.peer == nil } ?? false }
    }

    /// The other homeservers that have members, each with these; of a copy none.
    var homes: [MemberHome] { host == nil ? derived.homes(of: self) : [] }

    /// The other homeservers of whose members one sees a channel.
    func homes(seeing channel: ChannelKey) -> [RemotePeer] {
        guard let channel = channels[channel] else { return [] }
        return homes.isEmpty ? [] : derived.homes(seeing: channel, in: self)
    }

    /// Whether one of them sees a channel.
    func sees(_ home: MemberHome, _ channel: Channel) -> Bool { home.members.contains { sees($0, channel) } }

    /// Another homeserver that has members here.
    struct MemberHome: Sendable {
        let peer: RemotePeer
        let members: [Member]
    }

    /// State: a `Mutex`. Copies of a community share it until one of them changes, which then begins with a new one.
    final class Derived: Sendable {
        private struct State {
            var everyone: Permissions?
            var localMembers: [UserKey]?
            var groups: [Group]?
            var viewers: [ChannelKey: [UserKey]] = [:]
            var readers: [ChannelKey: [UserKey]] = [:]
            var channelKeys: [ConversationID: ChannelKey]?
            var homes: [MemberHome]?
            var homesSeeing: [ChannelKey: [RemotePeer]] = [:]
        }

        private let state = Mutex(State())

        func everyone(of community: Community) -> Permissions {
            if let known = state.withLock({ $0.everyone }) { return known }
            let permissions = community.everyone.permissions
            state.withLock { $0.everyone = permissions }
            return permissions
        }

        func localMembers(of community: Community) -> [UserKey] {
            if let known = state.withLock({ $0.localMembers }) { return known }
            let members = community.members.values.filter { $0.user.peer == nil }.map(\.user.key)
            state.withLock { $0.localMembers = members }
            return members
        }

        func groups(of community: Community) -> [Group] {
            if let known = state.withLock({ $0.groups }) { return known }
            // Most have no role: they cost no hash.
            var plain: [UserKey] = []
            var others: [Set<RoleID>: [UserKey]] = [:]
            for member in community.members.values
            where member.user.peer == nil && member.user.key != community.owner.key {
                if member.roles.isEmpty {
                    plain.append(member.user.key)
                } else {
                    others[member.roles, default: []].append(member.user.key)
                }
            }
            let groups = [Group(roles: [], members: plain)] + others.map { Group(roles: $0.key, members: $0.value) }
            state.withLock { $0.groups = groups }
            return groups
        }

        func channelKey(_ id: ConversationID, of community: Community) -> ChannelKey? {
            if let known = state.withLock({ $0.channelKeys }) { return known[id] }
            let keys = Dictionary(community.channels.values.map { ($0.id, $0.key) }, uniquingKeysWith: { $1 })
            state.withLock { $0.channelKeys = keys }
            return keys[id]
        }

        func homes(of community: Community) -> [MemberHome] {
            if let known = state.withLock({ $0.homes }) { return known }
            var members: [RemotePeer: [Member]] = [:]
            for member in community.members.values {
                if let peer = member.user.peer { members[peer, default: []].append(member) }
            }
            let homes = members.map { MemberHome(peer: $0.key, members: $0.value) }.sorted { $0.peer.key < $1.peer.key }
            state.withLock { $0.homes = homes }
            return homes
        }

        func homes(seeing channel: Channel, in community: Community) -> [RemotePeer] {
            if let known = state.withLock({ $0.homesSeeing[channel.key] }) { return known }
            let homes = homes(of: community).filter { community.sees($0, channel) }.map(\.peer)
            state.withLock { $0.homesSeeing[channel.key] = homes }
            return homes
        }

        /// A time-out takes nothing of this.
        func readers(of channel: Channel, in community: Community) -> [UserKey] {
            if let known = state.withLock({ $0.readers[channel.key] }) { return known }
            let readers = viewers(of: channel, in: community).filter { user in
                community.permissions(of: user, in: channel, at: Instant(microseconds: .min)).contains(.readHistory)
            }
            state.withLock { $0.readers[channel.key] = readers }
            return readers
        }

        /// Asks once a set of roles, and those for themselves for whom a channel says something of their own.
        func viewers(of channel: Channel, in community: Community) -> [UserKey] {
            if let known = state.withLock({ $0.viewers[channel.key] }) { return known }
            let exceptions = community.exceptions(in: channel)
            // The owner stands in no group.
            let apart = Set(exceptions).subtracting([community.owner.key])
            var viewers: [UserKey] = []
            for group in community.localGroups where community.sees(group.roles, channel) {
                viewers += apart.isEmpty ? group.members : group.members.filter { !apart.contains($0) }
            }
            for user in exceptions {
                guard let member = community.members[user], community.sees(member, channel) else { continue }
                viewers.append(user)
            }
            state.withLock { $0.viewers[channel.key] = viewers }
            return viewers
        }
    }
}
