import Wire

/// What a community's home tells a homeserver that has members of it (`community.state`): whole objects, of what that homeserver may see.
///
/// A change names what it changed. A snapshot is a row of these that names everything: of roles and channels by complete lists of ids, of the
/// homeserver's members by ranges of addresses. So each part says by itself what is no longer there, and can be applied alone.
struct CommunityState: Sendable {
    struct Head: Sendable {
        let name: String
        let description: String?
        let owner: UserID
        let createdAt: Instant
    }

    struct StatedChannel: Sendable {
        let id: ConversationID
        let kind: Channel.Kind
        let name: String
        let topic: String?
        let position: Int
        let slowMode: Int
        let overrides: [(target: StatedTarget, override: PermissionOverride)]
        let lastSeq: Int64
        let lastN: Int64
    }

    /// `OverrideTarget` with an address in place of a key.
    enum StatedTarget: Sendable {
        case everyone
        case role(RoleID)
        case member(UserID)
    }

    struct StatedMember: Sendable {
        let user: UserID
        let isMember: Bool
        let reason: CommunityReason?
        let joinedAt: Instant
        let roles: Set<RoleID>
        let timedOutUntil: Instant?
    }

    /// Addresses behind `after` through `through`; nil has no end there.
    struct MemberRange: Sendable {
        let after: String?
        let through: String?

        func contains(_ user: UserID) -> Bool {
            after.map { user.text > $0 } ?? true && through.map { user.text <= $0 } ?? true
        }
    }

    let community: CommunityID
    let version: Int64
    let incarnation: String
    let memberCount: Int
    let isSnapshot: Bool
    /// Whether nothing of the snapshot follows.
    let isLast: Bool
    let head: Head?
    let roles: [Role]
    let onlyRoles: Set<RoleID>?
    let removedRoles: [RoleID]
    let channels: [StatedChannel]
    let onlyChannels: Set<ConversationID>?
    let removedChannels: [ConversationID]
    let members: [StatedMember]
    let memberRange: MemberRange?
}

// MARK: - Reading

extension CommunityState {
    init(_ data: JSONObject) throws(FieldError) {
        community = try data.id("community_id")
        version = try data.integer("version", in: 1...Limits.largestNumber)
        incarnation = try data.string("incarnation", maxBytes: 64)
        memberCount = Int(try data.integer("member_count", in: 0...Int64(Limits.members)))
        let snapshot = try data.optionalString("snapshot", maxBytes: 16)
        isSnapshot = snapshot != nil
        isLast = snapshot == "last"
        head = try data.optionalObject("community").map { object throws(FieldError) in try Head(object) }
        roles = try Self.list(data, "roles", Limits.roles) { object throws(FieldError) in try Role(stated: object) }
        onlyRoles = try Self.ids(data, "only_roles", Limits.roles).map(Set.init)
        removedRoles = try Self.ids(data, "removed_roles", Limits.roles) ?? []
        channels = try Self.list(data, "channels", Limits.channels) { object throws(FieldError) in
            try StatedChannel(object)
        }
        onlyChannels = try Self.ids(data, "only_channels", Limits.channels).map(Set.init)
        removedChannels = try Self.ids(data, "removed_channels", Limits.channels) ?? []
        members = try Self.list(data, "members", Limits.members) { object throws(FieldError) in
            try StatedMember(object)
        }
        memberRange = try data.optionalObject("member_range").map { object throws(FieldError) in
            MemberRange(
                after: try object.optionalString("after", maxBytes: 512),
                through: try object.optionalString("through", maxBytes: 512))
        }
    }

    private static func list<Entry>(
        _ data: JSONObject, _ key: String, _ most: Int, _ read: (JSONObject) throws(FieldError) -> Entry
    ) throws(FieldError) -> [Entry] {
        guard data[key] != nil else { return [] }
        var entries: [Entry] = []
        for object in try data.objects(key, maxCount: most) { entries.append(try read(object)) }
        return entries
    }

    private static func ids<Of>(_ data: JSONObject, _ key: String, _ most: Int) throws(FieldError) -> [ID<Of>]? {
        guard let values = try data.optionalArray(key, maxCount: most) else { return nil }
        var ids: [ID<Of>] = []
        for (index, value) in values.enumerated() {
            guard case .string(let text) = value, let id = ID<Of>(text) else {
                throw data.problem("\(key)[\(index)]", "must be a lower-case UUID")
            }
            ids.append(id)
        }
        return ids
    }
}

extension CommunityState.Head {
    fileprivate init(_ object: JSONObject) throws(FieldError) {
        name = try object.statedName("name")
        description = try object.optionalString("description", maxCodePoints: Limits.descriptionCodePoints)
        owner = try object.userID("owner")
        createdAt = try object.instant("created_at")
    }
}

extension Role {
    fileprivate init(stated object: JSONObject) throws(FieldError) {
        self.init(
            id: try object.id("role_id"), name: try object.statedName("name"),
            permissions: try object.statedPermissions("permissions"),
            position: Int(try object.integer("position", in: 0...Int64(Limits.roles))),
            isEveryone: try object.bool("everyone"),
            color: try object.optionalInteger("color", in: 0...0xff_ffff).map(Int.init))
    }
}

extension CommunityState.StatedChannel {
    fileprivate init(_ object: JSONObject) throws(FieldError) {
        guard let kind = Channel.Kind(rawValue: try object.string("kind", maxBytes: 16)) else {
            throw object.problem("kind", "is no kind of channel")
        }
        self.kind = kind
        id = try object.id("channel_id")
        name = try object.statedName("name")
        topic = try object.optionalString("topic", maxCodePoints: Limits.descriptionCodePoints)
        position = Int(try object.integer("position", in: 0...1_000_000))
        slowMode = Int(try object.integer("slow_mode_seconds", in: 0...Limits.slowMode.components.seconds))
        lastSeq = try object.integer("last_seq", in: 0...Limits.largestNumber)
        lastN = try object.integer("last_n", in: 0...Limits.largestNumber)
        var overrides: [(target: CommunityState.StatedTarget, override: PermissionOverride)] = []
        for entry in try object.objects("overrides", maxCount: Limits.overrides) {
            let target = try entry.string("target", maxBytes: 512)
            let override = PermissionOverride(
                allow: try entry.statedPermissions("allow"), deny: try entry.statedPermissions("deny"))
            if target == "everyone" {
                overrides.append((.everyone, override))
            } else if let role = RoleID(target) {
                overrides.append((.role(role), override))
            } else if let user = UserID(target) {
                overrides.append((.member(user), override))
            } else {
                throw entry.problem("target", "must be everyone, a role's id or an address")
            }
        }
        self.overrides = overrides
    }
}

extension CommunityState.StatedMember {
    fileprivate init(_ object: JSONObject) throws(FieldError) {
        user = try object.userID("user_id")
        guard let state = MembershipState(rawValue: try object.string("state", maxBytes: 16)) else {
            throw object.problem("state", "must be member or gone")
        }
        isMember = state == .member
        let reason = try object.optionalString("reason", maxBytes: 32).flatMap(CommunityReason.init)
        self.reason = reason.flatMap { CommunityReason.ofMembers.contains($0) ? $0 : nil }
        joinedAt = try object.instant("joined_at")
        var roles: Set<RoleID> = []
        for value in try object.array("role_ids", maxCount: Limits.rolesOfMember) {
            guard case .string(let text) = value, let role = RoleID(text) else {
                throw object.problem("role_ids", "must be lower-case UUIDs")
            }
            roles.insert(role)
        }
        self.roles = roles
        timedOutUntil = try object.optionalInstant("timed_out_until")
    }
}

extension JSONObject {
    /// A name as its own home has checked it; an empty one would not show.
    func statedName(_ key: String) throws(FieldError) -> String {
        let name = try string(key, maxCodePoints: Limits.nameCodePoints)
        guard !name.isEmpty else { throw problem(key, "must not be empty") }
        return name
    }

    /// Permissions of a later version mean nothing here.
    fileprivate func statedPermissions(_ key: String) throws(FieldError) -> Permissions {
        var permissions = Permissions()
        for value in try array(key, maxCount: 64) {
            guard case .string(let name) = value else { throw problem(key, "must be names of permissions") }
            permissions.formUnion(Permissions(names: [name]) ?? [])
        }
        return permissions
    }
}
