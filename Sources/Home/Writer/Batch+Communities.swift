import Wire

/// What units do to communities: each change has a number and an entry in the log of its community, and is told to those whom it concerns.
extension Batch {
    /// Numbers a change. Whoever stages one calls this once.
    mutating func log(_ entry: LogEntry, of key: CommunityKey, event: EventID, by actor: UserKey) {
        communities[key]?.version += 1
        guard let version = communities[key]?.version else {
            preconditionFailure("a unit changes only a community that it has declared")
        }
        rows.communities.insert(key)
        rows.log.append(LogRow(community: key, version: version, event: event, at: now, actor: actor, entry: entry))
    }

    // MARK: Rows

    mutating func setRole(_ role: Role, of key: CommunityKey) {
        communities[key]?.roles[role.id] = role
        rows.roles.insert(RolePlace(community: key, role: role.id))
    }

    mutating func setChannel(_ channel: Channel, of key: CommunityKey) {
        let before = communities[key]?.channels[channel.key]
        communities[key]?.channels[channel.key] = channel
        rows.channels[channel.key] = key
        if before?.overrides ?? [:] != channel.overrides { rows.overrides[channel.key] = key }
    }

    mutating func setMember(_ member: Member, of key: CommunityKey) {
        communities[key]?.members[member.user.key] = member
        rows.members.insert(MemberPlace(community: key, user: member.user.key))
    }

    /// What is kept of a time-out while somebody is no member.
    mutating func setTimeOut(_ until: Instant?, of user: UserKey, in key: CommunityKey) {
        guard communities[key]?.timeOuts[user] != until else { return }
        communities[key]?.timeOuts[user] = until
        rows.timeOuts.insert(MemberPlace(community: key, user: user))
    }

    mutating func setInvite(_ invite: StoredInvite, _ state: StoredInvite.State) {
        var invite = invite
        invite.state = state
        invites[invite.id] = invite
        let place = MemberPlace(community: invite.community, user: invite.invitee)
        if state == .pending { openInvites[place] = invite.id } else { openInvites[place] = nil }
        rows.invites.insert(invite.id)
    }

    /// Takes a member out. What is denied to him alone stays for when he comes back, as a time-out does; what is allowed goes.
    mutating func removeMember(_ user: UserKey, of key: CommunityKey) {
        setTimeOut(communities[key]?.members[user]?.current(at: now).timedOutUntil, of: user, in: key)
        communities[key]?.members[user] = nil
        rows.members.insert(MemberPlace(community: key, user: user))
        for channel in communities[key]?.channels.values ?? [:].values
        where channel.overrides[.member(user)] != nil {
            var channel = channel
            let denied = channel.overrides[.member(user)]?.deny ?? []
            channel.overrides[.member(user)] = denied.isEmpty ? nil : PermissionOverride(allow: [], deny: denied)
            setChannel(channel, of: key)
        }
    }

    // MARK: Joining

    /// Makes somebody a member, or says why not; nothing happens to a member.
    mutating func join(
        _ user: ResolvedUser, to key: CommunityKey, event: EventID, by way: [(key: String, value: String)]
    ) throws(HomeError) {
        guard let community = communities[key] else { throw .notFound("there is no such community") }
        guard community.members[user.key] == nil else { return }
        guard community.members.count < Limits.members else {
            throw .conflict("this community has \(Limits.members) members, as many as it can have")
        }
        guard memberships[user.key, default: 0] < Limits.communities else {
            throw .conflict("you are in \(Limits.communities) communities, as many as one person can be")
        }
        memberships[user.key, default: 0] += 1
        let member = Member(user: user, joinedAt: now, roles: [], timedOutUntil: community.timeOuts[user.key])
            .current(at: now)
        setTimeOut(nil, of: user.key, in: key)
        setMember(member, of: key)
        if user.peer == nil { markRead(community, by: user.key) }
        log(LogEntry(.join, target: user.id.text, detail: way), of: key, event: event, by: user.key)
        // What is denied to him alone shows again. Before he does: who has heard of him has heard all of this version.
        for channel in community.channels.values where channel.overrides[.member(user.key)] != nil {
            tellChannel(channel, of: key)
        }
        tellMember(member, .member, of: key, reason: .joined)
        if user.peer == nil { tellCommunity(key, .member, reason: .joined, to: [user.key]) }
    }

    /// What was said before somebody came counts as read; of what this batch has written the numbers are known here only.
    private mutating func markRead(_ community: Community, by user: UserKey) {
        rows.joined.insert(MemberPlace(community: community.key, user: user))
        for channel in community.channels.keys where touchedConversations.contains(channel.value) {
            rows.markers[MarkerPlace(owner: user, channel: channel)] = conversations[channel.value]?.lastSeq
        }
    }

    // MARK: Telling

    /// All local members hear of it.
    mutating func tellMember(
        _ member: Member, _ state: MembershipState, of key: CommunityKey, reason: CommunityReason? = nil
    ) {
        guard let community = communities[key] else { return }
        memberReasons[MemberPlace(community: key, user: member.user.key)] = reason
        tell(
            Event(
                to: community.localMembers,
                .memberChanged(
                    MemberChange(
                        community: community.id, version: community.version, member: member, state: state,
                        reason: reason))))
    }

    mutating func tellCommunity(
        _ key: CommunityKey, _ state: MembershipState, reason: CommunityReason, to users: [UserKey]? = nil,
        role: Role? = nil, removedRole: RoleID? = nil, isStale: Bool? = nil
    ) {
        guard let community = communities[key] else { return }
        tell(
            Event(
                to: users ?? community.localMembers,
                .communityChanged(
                    CommunityChange(
                        id: community.id, version: community.version, name: community.name,
                        description: community.description, owner: community.owner.id, state: state, reason: reason,
                        role: role, removedRole: removedRole, isStale: isStale))))
    }

    /// A channel as it is now, to those who see it.
    mutating func tellChannel(_ channel: Channel, of key: CommunityKey) {
        guard let community = communities[key] else { return }
        tell(Event(to: community.viewers(of: channel.key), .channelChanged(present(channel, in: community))))
    }

    private func present(_ channel: Channel, in community: Community) -> ChannelChange {
        ChannelChange(channel, in: community, lastSeq: conversations[channel.key.value]?.lastSeq ?? 0)
    }

    /// After a change of who sees what: whoever sees a channel now and did not before hears of it, and whoever no longer does.
    ///
    /// - Parameter users: Those whom the change can concern; nil is everybody, who are then asked a set of roles at a time.
    mutating func tellSight(since before: Community, of users: [UserKey]? = nil) {
        guard let after = communities[before.key] else { return }
        let roles = users == nil ? SightChange.pairs(before, after) : [:]
        for key in Set(before.channels.keys).union(after.channels.keys).sorted() {
            var change = SightChange(before: before.channels[key], after: after.channels[key])
            if let users {
                for user in users { change.look(at: user, before, after) }
            } else {
                change.look(at: roles, before, after)
            }
            if let channel = after.channels[key], !change.gained.isEmpty {
                tell(Event(to: change.gained, .channelChanged(present(channel, in: after))))
            }
            if let channel = before.channels[key], !change.lost.isEmpty {
                tell(Event(to: change.lost, .channelChanged(ChannelChange(gone: channel.id, of: after))))
            }
        }
    }
}

/// Who comes to see a channel by a change, and who no longer does, of those who are members after it.
private struct SightChange {
    /// Members with the same roles before, and the same after.
    struct Pair: Hashable {
        let before: Set<RoleID>
        let after: Set<RoleID>
    }

    let before: Channel?
    let after: Channel?
    var gained: [UserKey] = []
    var lost: [UserKey] = []

    init(before: Channel?, after: Channel?) {
        self.before = before
        self.after = after
    }

    static func pairs(_ before: Community, _ after: Community) -> [Pair: [UserKey]] {
        var pairs: [Pair: [UserKey]] = [:]
        for group in after.localGroups {
            for user in group.members {
                pairs[Pair(before: before.members[user]?.roles ?? [], after: group.roles), default: []].append(user)
            }
        }
        return pairs
    }

    mutating func look(at user: UserKey, _ communityBefore: Community, _ communityAfter: Community) {
        guard let member = communityAfter.members[user], member.user.peer == nil else { return }
        let saw = before.map { channel in
            communityBefore.members[user].map { communityBefore.sees($0, channel) } ?? false
        }
        let sees = after.map { communityAfter.sees(member, $0) }
        note([user], saw: saw ?? false, sees: sees ?? false)
    }

    mutating func look(at pairs: [Pair: [UserKey]], _ communityBefore: Community, _ communityAfter: Community) {
        let apart = Set(before.map { communityBefore.exceptions(in: $0) } ?? [])
            .union(after.map { communityAfter.exceptions(in: $0) } ?? [])
        for (pair, users) in pairs {
            let saw = before.map { communityBefore.sees(pair.before, $0) } ?? false
            let sees = after.map { communityAfter.sees(pair.after, $0) } ?? false
            guard saw != sees else { continue }
            note(users.filter { !apart.contains($0) }, saw: saw, sees: sees)
        }
        for user in apart { look(at: user, communityBefore, communityAfter) }
    }

    private mutating func note(_ users: [UserKey], saw: Bool, sees: Bool) {
        if sees, !saw { gained += users }
        if saw, !sees { lost += users }
    }
}
