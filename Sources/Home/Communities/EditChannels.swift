package import Wire

/// A channel to be made.
package struct NewChannel: Sendable {
    package let name: String
    package let kind: Channel.Kind
    package let topic: String?
    /// Only the roles named, its maker and those beyond rules see it.
    package let isPrivate: Bool
    package let roles: [RoleID]

    package init(name: String, kind: Channel.Kind, topic: String?, isPrivate: Bool, roles: [RoleID]) {
        self.name = name
        self.kind = kind
        self.topic = topic
        self.isPrivate = isPrivate
        self.roles = roles
    }
}

/// What changes of a channel; nil leaves it.
package struct ChannelEdit: Sendable {
    package let name: String?
    /// An empty one takes it away.
    package let topic: String?
    package let position: Int?
    package let slowMode: Int?

    package init(name: String?, topic: String?, position: Int?, slowMode: Int?) {
        self.name = name
        self.topic = topic
        self.position = position
        self.slowMode = slowMode
    }
}

/// For whom an override is, as the API names him.
package enum OverrideSubject: Sendable {
    case everyone
    case role(RoleID)
    case user(UserID)

    package init?(_ word: String, home: ServerName) {
        guard let mention = Mention(word, home: home) else { return nil }
        switch mention {
        case .everyone: self = .everyone
        case .role(let role): self = .role(role)
        case .user(let user): self = .user(user)
        }
    }

    var word: String {
        switch self {
        case .everyone: "everyone"
        case .role(let role): role.description
        case .user(let user): user.text
        }
    }
}

extension Home {
    package func createChannel(
        _ new: NewChannel, in id: CommunityID, by account: Account
    ) async throws(HomeError) -> (community: Community, channel: Channel) {
        let name = try CommunityRules.name(new.name)
        let topic = try CommunityRules.text(new.topic, field: "topic", atMost: Limits.descriptionCodePoints)
        let channel: ConversationID = ids.next()
        let event: EventID = ids.next()
        let after = try await change(
            id, by: account, event: event, needs: { $1.newConversations += 1 },
            { (batch, before, actor) throws(HomeError) in
                try actor.require(.manageChannels, at: batch.now)
                guard before.channels.count < Limits.channels else {
                    throw .conflict("this community has \(Limits.channels) channels, as many as it can have")
                }
                if let index = new.roles.firstIndex(where: { before.roles[$0] == nil }) {
                    throw .invalid(field: "role_ids[\(index)]", problem: "names no role of this community")
                }
                let sight = PermissionOverride(allow: .viewChannel, deny: [])
                var overrides: [OverrideTarget: PermissionOverride] = [:]
                if new.isPrivate {
                    for role in new.roles.compactMap({ before.roles[$0] }) { try actor.requireOver(role) }
                    overrides[.everyone] = PermissionOverride(allow: [], deny: .viewChannel)
                    overrides[.member(actor.user)] = sight
                    for role in new.roles where before.roles[role]?.isEveryone == false {
                        overrides[.role(role)] = sight
                    }
                }
                guard overrides.count <= Limits.overrides else {
                    throw .conflict("a channel has \(Limits.overrides) overrides at most")
                }
                let made = Channel(
                    key: ChannelKey(batch.makeConversation(id: channel)), id: channel, kind: new.kind, name: name,
                    topic: topic, position: (before.channels.values.map(\.position).max() ?? 0) + 1, slowMode: 0,
                    overrides: overrides)
                batch.setChannel(made, of: before.key)
                batch.log(
                    LogEntry(.createChannel, target: channel.description, named: name), of: before.key, event: event,
                    by: actor.user)
                batch.tellChannel(made, of: before.key)
            })
        guard let made = after.channels.values.first(where: { $0.id == channel }) else { throw .internal }
        return (after, made)
    }

    package func updateChannel(
        _ id: ConversationID, _ edit: ChannelEdit, by account: Account
    ) async throws(HomeError) -> ChannelView {
        let name: String? = if let name = edit.name { try CommunityRules.name(name) } else { nil }
        let topic = try CommunityRules.text(edit.topic, field: "topic", atMost: Limits.descriptionCodePoints)
        return try await changeChannel(id, by: account) { (channel, _, _, _) throws(HomeError) in
            var detail: [(key: String, value: String)] = []
            func set<Value: Equatable>(_ key: String, _ path: WritableKeyPath<Channel, Value>, _ value: Value?) {
                guard let value, value != channel[keyPath: path] else { return }
                channel[keyPath: path] = value
                detail.append((key, "\(value)"))
            }
            set("name", \.name, name)
            set("position", \.position, edit.position)
            set("slow_mode_seconds", \.slowMode, edit.slowMode)
            if edit.topic != nil, topic != channel.topic {
                channel.topic = topic
                detail.append(("topic", LogEntry.short(topic)))
            }
            guard !detail.isEmpty else { return nil }
            return LogEntry(.updateChannel, target: id.description, named: channel.name, detail: detail)
        }
    }

    /// Says what a channel allows and denies somebody; nil takes it away.
    package func setOverride(
        _ override: PermissionOverride?, for subject: OverrideSubject, in id: ConversationID, by account: Account
    ) async throws(HomeError) -> ChannelView {
        var user: ResolvedUser?
        if case .user(let address) = subject {
            user = try await directory.resolve(address)
            guard user != nil else { throw .notFound("target names no member of this community") }
        }
        let subjectUser = user
        return try await changeChannel(id, by: account) { (channel, community, actor, now) throws(HomeError) in
            let target: OverrideTarget
            switch subject {
            case .everyone: target = .everyone
            case .role(let role):
                guard let known = community.roles[role] else {
                    throw .notFound("target names no role of this community")
                }
                guard !known.isEveryone else {
                    throw .invalid(field: "target", problem: "is everyone's role: say everyone")
                }
                guard actor.isOver(rolePosition: known.position) else {
                    throw .forbidden("this role is as high as yours, or higher")
                }
                target = .role(role)
            case .user:
                guard let subjectUser, let member = community.members[subjectUser.key] else {
                    throw .notFound("target names no member of this community")
                }
                guard member.user.key == actor.user || actor.isOver(community.standing(of: member)) else {
                    throw .forbidden("this member's role is as high as yours, or higher")
                }
                target = .member(member.user.key)
            }
            let before = channel.overrides[target]
            // What he lacks himself he can neither give nor take.
            let new = override ?? .none
            let was = before ?? .none
            let changed = new.allow.symmetricDifference(was.allow).union(new.deny.symmetricDifference(was.deny))
            let own = community.permissions(of: actor.user, in: channel, at: now)
            guard own.isSuperset(of: changed) else {
                throw .forbidden("you lack the permission \(changed.subtracting(own).names.joined(separator: ", "))")
            }
            guard before != nil || override == nil || channel.overrides.count < Limits.overrides else {
                throw .conflict("this channel has \(Limits.overrides) overrides, as many as it can have")
            }
            guard before != override else { return nil }
            channel.overrides[target] = override
            return LogEntry(
                .overrideChannel, target: id.description, named: channel.name,
                detail: [
                    ("for", subject.word), ("allow", new.allow.names.joined(separator: " ")),
                    ("deny", new.deny.names.joined(separator: " ")),
                ])
        }
    }

    package func deleteChannel(_ id: ConversationID, by account: Account) async throws(HomeError) {
        let view = try await channel(id, of: account)
        let key = view.channel.key
        let event: EventID = ids.next()
        try await change(view.community.key, by: account, event: event) { (batch, before, actor) throws(HomeError) in
            guard let channel = before.channels[key] else { throw .notFound("there is no such channel") }
            try actor.require(.manageChannels, in: channel, of: before, at: batch.now)
            let viewers = before.viewers(of: key)
            batch.communities[before.key]?.channels[key] = nil
            batch.rows.channels[key] = before.key
            // They are of no use without it.
            batch.rows.overrides[key] = before.key
            batch.log(
                LogEntry(.deleteChannel, target: id.description, named: channel.name), of: before.key, event: event,
                by: actor.user)
            guard let after = batch.communities[before.key] else { return }
            batch.tell(Event(to: viewers, .channelChanged(ChannelChange(gone: id, of: after))))
        }
    }

    /// Changes a channel and tells everybody who sees it then, or did before.
    ///
    /// - Parameter edit: Changes the channel and says what is logged; nil when nothing changed.
    private func changeChannel(
        _ id: ConversationID, by account: Account,
        _ edit: @escaping @Sendable (inout Channel, Community, Standing, Instant) throws(HomeError) -> LogEntry?
    ) async throws(HomeError) -> ChannelView {
        let view = try await channel(id, of: account)
        let key = view.channel.key
        let event: EventID = ids.next()
        let after = try await change(view.community.key, by: account, event: event, changesSight: true) {
            (batch, before, actor) throws(HomeError) in
            guard var channel = before.channels[key] else { throw .notFound("there is no such channel") }
            try actor.require(.manageChannels, in: channel, of: before, at: batch.now)
            guard let entry = try edit(&channel, before, actor, batch.now) else { return }
            batch.setChannel(channel, of: before.key)
            batch.log(entry, of: before.key, event: event, by: actor.user)
            batch.tellChannel(channel, of: before.key)
            guard let after = batch.communities[before.key] else { return }
            let lost = Set(before.viewers(of: key)).subtracting(after.viewers(of: key))
            guard !lost.isEmpty else { return }
            batch.tell(Event(to: Array(lost), .channelChanged(ChannelChange(gone: id, of: after))))
        }
        guard let channel = after.channels[key], let member = after.members[account.key] else {
            throw .notFound("there is no such channel")
        }
        return ChannelView(
            community: after, channel: channel, member: member,
            permissions: after.permissions(of: member, in: channel, at: time.now()))
    }
}

extension Standing {
    /// Throws for whoever may not see a channel, or lacks a permission in it.
    func require(
        _ permission: Permissions, in channel: Channel, of community: Community, at now: Instant
    ) throws(HomeError) {
        let own = community.permissions(of: user, in: channel, at: now)
        guard own.contains(.viewChannel) else { throw .notFound("there is no such channel") }
        guard own.isSuperset(of: permission) else {
            throw .forbidden("you lack the permission \(permission.names.joined(separator: ", "))")
        }
    }
}
