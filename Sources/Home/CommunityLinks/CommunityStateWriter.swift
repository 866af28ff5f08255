import Wire

/// Writes `community.state`: one event, or as many as it takes to keep each below `Limits.statePartBytes`.
struct CommunityStateWriter {
    let community: Community
    let incarnation: String
    let isSnapshot: Bool
    var hasHead = false
    var onlyRoles: [RoleID]?
    var removedRoles: [RoleID] = []
    var onlyChannels: [ConversationID]?
    var removedChannels: [ConversationID] = []
    private var items: [Item] = []

    private struct Item {
        enum Kind: CaseIterable { case role, channel, member }
        let kind: Kind
        let json: [UInt8]
        /// Of a member.
        var address: String?
    }

    init(_ community: Community, incarnation: String, isSnapshot: Bool) {
        self.community = community
        self.incarnation = incarnation
        self.isSnapshot = isSnapshot
    }

    var isEmpty: Bool {
        items.isEmpty && !hasHead && !isSnapshot && removedRoles.isEmpty && removedChannels.isEmpty
    }

    // MARK: What it tells

    mutating func add(_ role: Role) {
        var json = JSONWriter()
        json.beginObject()
        json.field("role_id", role.id)
        json.field("name", role.name)
        json.field("permissions", role.permissions.names)
        json.field("position", role.position)
        json.field("everyone", role.isEveryone)
        json.field("color", role.color)
        json.endObject()
        items.append(Item(kind: .role, json: json.bytes))
    }

    mutating func add(_ channel: Channel, _ counters: ConversationCounters?) {
        var json = JSONWriter()
        json.beginObject()
        json.field("channel_id", channel.id)
        json.field("kind", channel.kind.rawValue)
        json.field("name", channel.name)
        json.field("topic", channel.topic)
        json.field("position", channel.position)
        json.field("slow_mode_seconds", channel.slowMode)
        json.field("last_seq", counters?.lastSeq ?? 0)
        json.field("last_n", counters?.lastN ?? 0)
        json.key("overrides")
        json.beginArray()
        for override in ChannelDescription(channel, in: community).overrides {
            json.beginObject()
            json.field("target", override.target)
            json.field("allow", override.override.allow.names)
            json.field("deny", override.override.deny.names)
            json.endObject()
        }
        json.endArray()
        json.endObject()
        items.append(Item(kind: .channel, json: json.bytes))
    }

    mutating func add(_ member: Member, _ state: MembershipState, reason: CommunityReason?) {
        var json = JSONWriter()
        json.beginObject()
        json.field("user_id", member.id)
        json.field("state", state.rawValue)
        if let reason { json.field("reason", reason.rawValue) }
        json.field("joined_at", member.joinedAt)
        json.field("role_ids", member.roles.sorted().map(\.description))
        json.field("timed_out_until", member.timedOutUntil)
        json.endObject()
        items.append(Item(kind: .member, json: json.bytes, address: member.id.text))
    }

    // MARK: Parts

    /// The `data` of each event. Members of a snapshot must have been added in the order of their addresses, and last.
    func parts() -> [[UInt8]] {
        var groups: [[Item]] = [[]]
        var size = firstBytes
        for item in items {
            // One that is larger than a part has one to itself: the largest channel that there may be fits into an event.
            if size + item.json.count > Limits.statePartBytes, size > 0 {
                groups.append([])
                size = 0
            }
            groups[groups.count - 1].append(item)
            size += item.json.count
        }
        var told: String?
        return groups.indices.map { index in
            let isLast = index == groups.count - 1
            let last = groups[index].last(where: { $0.kind == .member })?.address
            defer { told = last ?? told }
            // The members come last: a part without any says nothing of them, unless it is the end.
            let range: (after: String?, through: String?)? =
                isSnapshot && (isLast || last != nil) ? (told, isLast ? nil : last) : nil
            return part(groups[index], isFirst: index == 0, isLast: isLast, range)
        }
    }

    /// What only the first part says.
    private var firstBytes: Int {
        var json = JSONWriter()
        json.beginObject()
        writeFirst(to: &json)
        json.endObject()
        return json.bytes.count - "{}".utf8.count
    }

    private func part(
        _ items: [Item], isFirst: Bool, isLast: Bool, _ range: (after: String?, through: String?)?
    ) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 1024)
        json.beginObject()
        json.field("community_id", community.id)
        json.field("version", community.version)
        json.field("incarnation", incarnation)
        json.field("member_count", community.members.count)
        if isSnapshot { json.field("snapshot", isLast ? "last" : "part") }
        if isFirst { writeFirst(to: &json) }
        for kind in Item.Kind.allCases { write(items.filter { $0.kind == kind }, kind, to: &json) }
        if let range {
            json.key("member_range")
            json.beginObject()
            json.field("after", range.after)
            json.field("through", range.through)
            json.endObject()
        }
        json.endObject()
        return json.bytes
    }

    private func writeFirst(to json: inout JSONWriter) {
        if hasHead {
            json.key("community")
            json.beginObject()
            json.field("name", community.name)
            json.field("description", community.description)
            json.field("owner", community.owner.id)
            json.field("created_at", community.createdAt)
            json.endObject()
        }
        if let onlyRoles { json.field("only_roles", onlyRoles.map(\.description)) }
        if !removedRoles.isEmpty { json.field("removed_roles", removedRoles.map(\.description)) }
        if let onlyChannels { json.field("only_channels", onlyChannels.map(\.description)) }
        if !removedChannels.isEmpty { json.field("removed_channels", removedChannels.map(\.description)) }
    }

    private func write(_ items: [Item], _ kind: Item.Kind, to json: inout JSONWriter) {
        guard !items.isEmpty else { return }
        switch kind {
        case .role: json.key("roles")
        case .channel: json.key("channels")
        case .member: json.key("members")
        }
        json.beginArray()
        for item in items { json.raw(item.json) }
        json.endArray()
    }
}
