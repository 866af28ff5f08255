import Wire

/// `community.state` at a homeserver that has members: its copy becomes what the community's home says, and its members are told the difference.
///
/// Nobody becomes a member here by the word of another homeserver alone: he must have asked for it (`Consent`).
struct ReceiveState: CommunityEffect {
    let state: CommunityState
    /// Nil with a state that has no head.
    let owner: ResolvedUser?
    /// Of those whom it names ours, and others for whom a channel says something of its own.
    let users: [UserID: ResolvedUser]
    let us: ServerName
    /// False when nobody here was in and nobody had asked to come in, so that nobody was noted of whom it tells.
    let isHeeded: Bool

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(state.community)
        needs.namedChannels.formUnion(state.channels.map(\.id))
        needs.newConversations += state.channels.count
        needs.consents.insert(state.community)
        if state.members.contains(where: \.isMember) { needs.invitesOfNamed.insert(state.community) }
        needs.channelsOfNamed.insert(state.community)
        if state.isSnapshot { needs.newCommunities += 1 }
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        do throws(RejectionError) {
            guard let before = try known(in: batch, by: peer) else {
                tellUnwanted(&batch, peer)
                return .forbidden
            }
            // Somebody came in, or asked to, while it was judged: those of whom it tells are not known yet, so it counts as lost.
            guard isHeeded else { return .internal }
            guard isCurrent(before, batch) else {
                if before.incarnation != state.incarnation { batch.markBehind(before.key) }
                return nil
            }
            let roles = try rolesAfter(before)
            try checkChannels(before, batch)
            let members = membersAfter(before, batch, by: peer)
            guard state.isSnapshot || members.unwanted.isEmpty else {
                refuse(members.unwanted, before, &batch, peer)
                return .forbidden
            }
            stage(before, roles, members, &batch)
            return nil
        } catch {
            return error.code
        }
    }

    // MARK: Judging

    /// The copy as it is, or an empty one that nobody has yet; nil when all is told of a community into which nobody here has asked to come.
    private func known(in batch: Batch, by peer: RemotePeer) throws(RejectionError) -> Community? {
        if var known = batch.community(state.community) {
            // Another may have named the id before; whom somebody here has asked to come in is its home.
            if known.isNameOnly, isWanted(in: batch, by: peer) { known.host = peer }
            guard known.host == peer else { throw RejectionError(.forbidden) }
            guard known.incarnation != nil || state.isSnapshot else { throw RejectionError(.notFound) }
            guard known.localMembers.isEmpty, !isWanted(in: batch, by: peer) else { return known }
            guard state.isSnapshot else { throw RejectionError(.forbidden) }
            return nil
        }
        guard state.isSnapshot, let head = state.head, let key = batch.spareCommunities.last else {
            throw RejectionError(.notFound)
        }
        guard isWanted(in: batch, by: peer) else { return nil }
        guard let owner else { throw RejectionError(.internal) }
        return Community(
            key: key, id: state.community, host: peer, name: head.name, description: head.description, owner: owner,
            version: 0, createdAt: head.createdAt)
    }

    /// Or it is forgotten with an older database that they have asked: its home hears of each whom it names that he is not in.
    private func tellUnwanted(_ batch: inout Batch, _ peer: RemotePeer) {
        for stated in state.members where stated.isMember {
            if let user = users[stated.user] { batch.tellLeft(state.community, user, to: peer) }
        }
    }

    /// A change that makes somebody a member who has not asked for it is not taken at all. An honest home has only not heard yet that he has
    /// left: it is told, and asked for what was refused with it.
    private func refuse(_ unwanted: [ResolvedUser], _ before: Community, _ batch: inout Batch, _ peer: RemotePeer) {
        for user in unwanted { batch.tellLeft(state.community, user, to: peer) }
        batch.markBehind(before.key)
    }

    /// Whether somebody here has asked to come in.
    private func isWanted(in batch: Batch, by peer: RemotePeer) -> Bool {
        batch.consents.contains { $0.community == state.community && $0.host == peer.key }
    }

    /// A change is believed only behind what is known of the same life of its home's database; another life begins with the first part of a
    /// snapshot, and not again at once.
    private func isCurrent(_ before: Community, _ batch: Batch) -> Bool {
        guard let incarnation = before.incarnation else { return true }
        guard incarnation == state.incarnation else {
            return state.isSnapshot && state.head != nil && batch.pauses.mayBeginAnew(before.key, at: batch.now)
        }
        return state.version >= before.version
    }

    private func rolesAfter(_ before: Community) throws(RejectionError) -> [RoleID: Role] {
        var roles = before.roles
        for role in state.removedRoles { roles[role] = nil }
        if let only = state.onlyRoles { roles = roles.filter { only.contains($0.key) } }
        for role in state.roles { roles[role.id] = role }
        guard roles.count <= Limits.roles, roles.values.count(where: \.isEveryone) == 1 else {
            throw RejectionError(.invalid)
        }
        return roles
    }

    /// The id of a channel is its community's for ever.
    private func checkChannels(_ before: Community, _ batch: Batch) throws(RejectionError) {
        for channel in state.channels {
            guard let named = batch.namedChannels[channel.id] else { continue }
            guard named.community == before.key else { throw RejectionError(.conflict) }
        }
        let new = state.channels.count { before.channel($0.id) == nil }
        guard before.channels.count + new <= 2 * Limits.channels else { throw RejectionError(.invalid) }
    }

    /// What the state says of our users; of who comes in, that he has asked for it.
    private func membersAfter(_ before: Community, _ batch: Batch, by host: RemotePeer) -> Members {
        var members = Members()
        var named: Set<UserKey> = []
        for stated in state.members {
            guard stated.user.server == us else {
                members.others.append(stated)
                continue
            }
            guard let user = users[stated.user] else { continue }
            named.insert(user.key)
            guard stated.isMember else {
                // Who has left by himself is out already; that he is gone, the others hear now.
                if before.members[user.key] == nil {
                    members.others.append(stated)
                } else {
                    members.gone.append((user.key, stated.reason))
                }
                continue
            }
            let member = Member(
                user: user, joinedAt: stated.joinedAt, roles: stated.roles, timedOutUntil: stated.timedOutUntil)
            if before.members[user.key] != nil {
                members.changed.append((member, stated.reason))
            } else if batch.consents.contains(
                Consent(member: user.key, community: state.community, host: host.key))
            {
                members.new.append(member)
            } else {
                members.unwanted.append(user)
            }
        }
        if let range = state.memberRange {
            for member in before.members.values where range.contains(member.id) && !named.contains(member.user.key) {
                members.gone.append((member.user.key, nil))
            }
        }
        return members
    }

    /// What becomes of members.
    private struct Members {
        var new: [Member] = []
        var changed: [(member: Member, reason: CommunityReason?)] = []
        var gone: [(user: UserKey, reason: CommunityReason?)] = []
        /// Of ours, who has not asked for it: the community's home is told that he has left.
        var unwanted: [ResolvedUser] = []
        /// Of other homeservers, or of ours who are out already: they are only told of.
        var others: [CommunityState.StatedMember] = []
    }

    // MARK: Applying

    private func stage(_ before: Community, _ roles: [RoleID: Role], _ members: Members, _ batch: inout Batch) {
        let key = before.key
        if batch.spareCommunities.last == key, batch.communities[key] == nil { batch.spareCommunities.removeLast() }
        let isNewLife = before.incarnation != nil && before.incarnation != state.incarnation
        if isNewLife {
            batch.mustResync.formUnion(before.localMembers)
            batch.pauses.noteBeginning(of: key, at: batch.now)
        }
        var community = before
        community.version = state.version
        community.incarnation = state.incarnation
        community.copiedMemberCount = state.memberCount
        if state.isSnapshot, state.isLast { community.isBehind = false }
        if let head = state.head, let owner {
            community.name = head.name
            community.description = head.description
            community.owner = owner
            community.createdAt = head.createdAt
        }
        batch.communities[key] = community
        batch.rows.communities.insert(key)
        stageRoles(roles, before, &batch)
        stageChannels(isNewLife, before, &batch)
        stageMembers(members, &batch, key)
        tell(members, since: before, &batch)
        for user in members.unwanted {
            if let host = community.host { batch.tellLeft(state.community, user, to: host) }
        }
        guard batch.communities[key]?.localMembers.isEmpty ?? false, state.isLast || !state.isSnapshot else { return }
        batch.emptyCopy(key)
    }

    private func stageRoles(_ roles: [RoleID: Role], _ before: Community, _ batch: inout Batch) {
        for role in roles.values where before.roles[role.id] != role { batch.setRole(role, of: before.key) }
        for role in before.roles.keys where roles[role] == nil {
            batch.communities[before.key]?.roles[role] = nil
            batch.rows.roles.insert(RolePlace(community: before.key, role: role))
            for member in before.members.values where member.roles.contains(role) {
                guard var member = batch.communities[before.key]?.members[member.user.key] else { continue }
                member.roles.remove(role)
                batch.setMember(member, of: before.key)
            }
        }
    }

    private func stageChannels(_ isNewLife: Bool, _ before: Community, _ batch: inout Batch) {
        for stated in state.channels {
            let known = before.channel(stated.id)
            let key =
                known?.key ?? batch.namedChannels[stated.id]?.key
                ?? ChannelKey(batch.makeConversation(id: stated.id))
            var channel = Channel(
                key: key, id: stated.id, kind: stated.kind, name: stated.name, topic: stated.topic,
                position: stated.position, slowMode: stated.slowMode, overrides: overrides(of: stated),
                heldAfter: known?.heldAfter ?? 0, behindThrough: known?.behindThrough)
            let counters = batch.conversations[key.value]
            if known == nil || isNewLife {
                channel.heldAfter = stated.lastSeq
                channel.behindThrough = nil
                if batch.namedChannels[stated.id] != nil { batch.rows.emptiedChannels.insert(key) }
                batch.conversations[key.value] = ConversationCounters(
                    id: stated.id, lastSeq: stated.lastSeq, lastN: stated.lastN)
                batch.touchedConversations.insert(key.value)
                // What was said before counts as read.
                for user in before.localMembers {
                    batch.rows.markers[MarkerPlace(owner: user, channel: key)] = stated.lastSeq
                }
            } else if state.isSnapshot {
                // It is as true as the lane is far: what came before it is through this number, or was none.
                channel.behindThrough = stated.lastSeq > counters?.lastSeq ?? 0 ? stated.lastSeq : nil
            }
            for (target, _) in stated.overrides {
                guard case .member(let id) = target, let user = users[id], user.peer != nil else { continue }
                batch.communities[before.key]?.namedElsewhere[user.key] = id
            }
            batch.namedChannels[stated.id] = NamedChannel(key: key, community: before.key)
            batch.setChannel(channel, of: before.key)
        }
        let removed = Set(state.removedChannels)
        for channel in before.channels.values
        where removed.contains(channel.id) || !(state.onlyChannels?.contains(channel.id) ?? true) {
            batch.removeCopiedChannel(channel.key, of: before.key)
        }
    }

    private func overrides(of stated: CommunityState.StatedChannel) -> [OverrideTarget: PermissionOverride] {
        var overrides: [OverrideTarget: PermissionOverride] = [:]
        for (target, override) in stated.overrides {
            switch target {
            case .everyone: overrides[.everyone] = override
            case .role(let role): overrides[.role(role)] = override
            case .member(let user): if let user = users[user] { overrides[.member(user.key)] = override }
            }
        }
        return overrides
    }

    private func stageMembers(_ members: Members, _ batch: inout Batch, _ key: CommunityKey) {
        for (user, _) in members.gone {
            batch.communities[key]?.members[user] = nil
            batch.rows.members.insert(MemberPlace(community: key, user: user))
        }
        for (member, _) in members.changed { batch.setMember(member, of: key) }
        for member in members.new {
            batch.setMember(member, of: key)
            batch.endConsent(of: member.user.key, to: state.community)
            // An invitation that was open besides has had its way.
            for invite in batch.invites.values
            where invite.community == key && invite.invitee == member.user.key && invite.state == .pending {
                batch.settle(invite, .accepted)
            }
            for channel in (batch.communities[key]?.channels ?? [:]).keys {
                batch.rows.markers[MarkerPlace(owner: member.user.key, channel: channel)] =
                    batch.conversations[channel.value]?.lastSeq ?? 0
            }
        }
    }

    // MARK: Telling

    /// Members come last: who has heard of them has heard all of this version.
    private func tell(_ members: Members, since before: Community, _ batch: inout Batch) {
        guard let after = batch.communities[before.key] else { return }
        let others = after.localMembers.filter { before.members[$0] != nil }
        if !others.isEmpty { tellWhat(after, since: before, to: others, &batch) }
        for member in members.new {
            batch.tellMember(member, .member, of: after.key, reason: .joined)
            batch.tellCommunity(after.key, .member, reason: .joined, to: [member.user.key])
        }
        for (member, reason) in members.changed where before.members[member.user.key] != member {
            batch.tellMember(member, .member, of: after.key, reason: reason ?? .role)
        }
        for (user, reason) in members.gone {
            guard let member = before.members[user] else { continue }
            batch.tellMember(member, .gone, of: after.key, reason: reason ?? .left)
            batch.tellCommunity(after.key, .gone, reason: reason ?? .left, to: [user])
        }
        for stated in members.others {
            let user = ResolvedUser(key: UserKey(0), id: stated.user, peer: after.host)
            let member = Member(
                user: user, joinedAt: stated.joinedAt, roles: stated.roles, timedOutUntil: stated.timedOutUntil)
            batch.tellMember(
                member, stated.isMember ? .member : .gone, of: after.key,
                reason: stated.reason ?? (stated.isMember ? .role : .left))
        }
    }

    /// What the community is and what it has, to those who were in before.
    private func tellWhat(_ after: Community, since before: Community, to others: [UserKey], _ batch: inout Batch) {
        if state.isSnapshot, state.isLast, before.incarnation == state.incarnation {
            batch.tellCommunity(after.key, .member, reason: .resynced, to: others)
        }
        if before.name != after.name || before.description != after.description || before.owner != after.owner {
            batch.tellCommunity(
                after.key, .member, reason: before.owner == after.owner ? .updated : .transferred, to: others)
        }
        for role in after.sortedRoles where before.roles[role.id] != role {
            batch.tellCommunity(after.key, .member, reason: .role, to: others, role: role)
        }
        for role in before.roles.keys.sorted() where after.roles[role] == nil {
            batch.tellCommunity(after.key, .member, reason: .role, to: others, removedRole: role)
        }
        for channel in after.sortedChannels {
            guard let old = before.channels[channel.key], old.shown != channel.shown else { continue }
            batch.tellChannel(channel, of: after.key)
        }
        batch.tellSight(since: before)
    }
}

extension Channel {
    /// Without what a copy keeps beside it.
    fileprivate var shown: Channel {
        var channel = self
        channel.heldAfter = 0
        channel.behindThrough = nil
        return channel
    }
}

extension Batch {
    /// Nobody here sees a copied channel any more: what was kept of it goes.
    mutating func removeCopiedChannel(_ channel: ChannelKey, of key: CommunityKey) {
        communities[key]?.channels[channel] = nil
        rows.channels[channel] = key
        rows.overrides[channel] = key
        rows.emptiedChannels.insert(channel)
    }

    /// Nobody here is a member any more: what is left of the copy is its name, for who is invited again.
    mutating func emptyCopy(_ key: CommunityKey) {
        for channel in (communities[key]?.channels ?? [:]).keys { removeCopiedChannel(channel, of: key) }
        for role in (communities[key]?.roles ?? [:]).keys {
            rows.roles.insert(RolePlace(community: key, role: role))
        }
        communities[key]?.roles = [:]
        communities[key]?.version = 0
        communities[key]?.incarnation = nil
        communities[key]?.isBehind = false
        rows.communities.insert(key)
    }
}
