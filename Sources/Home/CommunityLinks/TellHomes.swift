import Wire

/// What a community's home tells the homeservers that have members of it (`docs/federation.md`, "Communities over a link"). The order of the
/// lane is the order in which things happened, so whoever applies it in order has what was here at each moment.
extension Batch {
    /// Tells them what a unit has changed: the difference of what each may see. The one place where state leaves for other homeservers.
    mutating func tellHomes(since before: Community, by actor: ResolvedUser) {
        let homesBefore = Dictionary(before.homes.map { ($0.peer.key, $0) }, uniquingKeysWith: { $1 })
        guard let after = communities[before.key] else {
            for home in before.homes { tellGone(before.id, .deleted, by: actor, to: home.peer) }
            return
        }
        guard after.version != before.version else { return }
        let homesAfter = after.homes
        guard !homesBefore.isEmpty || !homesAfter.isEmpty else { return }
        let touched = rows.members.filter { $0.community == before.key }.map(\.user)
            .filter { before.members[$0] != after.members[$0] }
        // Who came or went: what channels say of him alone shows again, or no longer.
        let turned = touched.filter { (before.members[$0] == nil) != (after.members[$0] == nil) }
        for home in homesAfter {
            guard let homeBefore = homesBefore[home.peer.key] else {
                tellWhole(after, to: home.peer, by: actor)
                continue
            }
            var state = CommunityStateWriter(after, incarnation: incarnation, isSnapshot: false)
            addHeadAndRoles(to: &state, before, after)
            addChannels(to: &state, (before, homeBefore), (after, home), shownAnew: turned)
            addMembers(touched, to: &state, before, after, without: state.removedRoles)
            if !state.isEmpty { send(state, by: actor, to: home.peer) }
        }
        let left = Set(homesAfter.map(\.peer.key))
        for home in before.homes where !left.contains(home.peer.key) {
            var state = CommunityStateWriter(after, incarnation: incarnation, isSnapshot: false)
            for member in home.members {
                state.add(
                    member, .gone, reason: memberReasons[MemberPlace(community: after.key, user: member.user.key)])
            }
            send(state, by: actor, to: home.peer)
        }
    }

    /// A snapshot, for a homeserver whose first member has come, or that has lost something.
    mutating func tellWhole(_ community: Community, to peer: RemotePeer, by actor: ResolvedUser) {
        guard let home = community.homes.first(where: { $0.peer == peer }) else { return }
        var state = CommunityStateWriter(community, incarnation: incarnation, isSnapshot: true)
        state.hasHead = true
        state.onlyRoles = community.roles.keys.sorted()
        // Everyone's comes first: without it the others mean nothing.
        for role in community.sortedRoles.reversed() { state.add(role) }
        let seen = community.sortedChannels.filter { community.sees(home, $0) }
        state.onlyChannels = seen.map(\.id)
        for channel in seen { state.add(channel, conversations[channel.key.value]) }
        for member in home.members.sorted(by: { $0.id < $1.id }) {
            state.add(
                member, .member, reason: memberReasons[MemberPlace(community: community.key, user: member.user.key)])
        }
        send(state, by: actor, to: home.peer)
    }

    /// The same for a homeserver that seems to have lost something: once in a while, however often it says so (`CommunityPauses`). What has
    /// changed since then was told behind it, and what it misses all the same it asks for again (`CopyUpkeep`).
    mutating func retell(_ community: Community, to peer: RemotePeer, by actor: ResolvedUser) {
        let retelling = Retelling(community: community.key, peer: peer.key)
        guard community.homes.contains(where: { $0.peer == peer }), pauses.mayRetell(retelling, at: now) else { return }
        pauses.note(retelling, at: now)
        tellWhole(community, to: peer, by: actor)
    }

    mutating func tellGone(_ id: CommunityID, _ reason: CommunityReason, by actor: ResolvedUser, to peer: RemotePeer) {
        var data = JSONWriter()
        data.beginObject()
        data.field("community_id", id)
        data.field("reason", reason.rawValue)
        data.endObject()
        send(.communityGone, data.bytes, by: actor, to: peer)
    }

    // MARK: Differences

    private func addHeadAndRoles(to state: inout CommunityStateWriter, _ before: Community, _ after: Community) {
        state.hasHead =
            before.name != after.name || before.description != after.description || before.owner != after.owner
        guard before.roles != after.roles else { return }
        state.removedRoles = before.roles.keys.filter { after.roles[$0] == nil }.sorted()
        for role in after.sortedRoles.reversed() where before.roles[role.id] != role { state.add(role) }
    }

    private func addChannels(
        to state: inout CommunityStateWriter, _ before: (community: Community, home: Community.MemberHome),
        _ after: (community: Community, home: Community.MemberHome), shownAnew turned: [UserKey]
    ) {
        for channel in after.community.sortedChannels {
            let old = before.community.channels[channel.key]
            let saw = old.map { before.community.sees(before.home, $0) } ?? false
            if after.community.sees(after.home, channel) {
                let isShownAnew = turned.contains { channel.overrides[.member($0)] != nil }
                if !saw || old != channel || isShownAnew { state.add(channel, conversations[channel.key.value]) }
            } else if saw {
                state.removedChannels.append(channel.id)
            }
        }
        for channel in before.community.sortedChannels
        where after.community.channels[channel.key] == nil && before.community.sees(before.home, channel) {
            state.removedChannels.append(channel.id)
        }
    }

    private func addMembers(
        _ users: [UserKey], to state: inout CommunityStateWriter, _ before: Community, _ after: Community,
        without removedRoles: [RoleID]
    ) {
        let added = users.compactMap { after.members[$0] }.filter { member in
            // That nobody has a removed role any more goes without saying.
            guard let old = before.members[member.user.key] else { return true }
            return old.roles.subtracting(removedRoles) != member.roles || old.timedOutUntil != member.timedOutUntil
        }
        for member in added.sorted(by: { $0.id < $1.id }) {
            state.add(member, .member, reason: memberReasons[MemberPlace(community: after.key, user: member.user.key)])
        }
        for user in users.sorted() where after.members[user] == nil {
            guard let member = before.members[user] else { continue }
            state.add(member, .gone, reason: memberReasons[MemberPlace(community: after.key, user: user)])
        }
    }

    // MARK: What is said

    /// A message goes to each homeserver of whose members one sees the channel, once; its author's gets the nonce.
    mutating func relay(
        _ message: StoredMessage, by author: ResolvedUser, in community: Community, _ channel: Channel
    ) {
        let homes = community.homes(seeing: channel.key)
        guard !homes.isEmpty else { return }
        let plain = data(of: message, in: community, channel, nonce: nil)
        for home in homes {
            let isAuthors = message.nonce != nil && home == author.peer
            send(
                .communityMessage,
                isAuthors ? data(of: message, in: community, channel, nonce: message.nonce) : plain,
                by: author, to: home, id: EventID(message.id), at: message.timestamp)
        }
    }

    private func data(
        of message: StoredMessage, in community: Community, _ channel: Channel, nonce: String?
    ) -> [UInt8] {
        var json = JSONWriter(reservingCapacity: 256 + message.text.utf8.count)
        json.beginObject()
        json.field("community_id", community.id)
        json.field("channel_id", channel.id)
        json.field("incarnation", incarnation)
        json.field("seq", message.seq)
        json.field("n", message.n)
        json.field("message", message.text)
        json.field("reply_to", message.replyTo)
        if !message.mentions.isEmpty { json.field("mentions", message.mentions.map(\.word)) }
        json.field("nonce", nonce)
        json.endObject()
        return json.bytes
    }

    mutating func relay(
        _ deletion: MessageDeletion, by actor: ResolvedUser, in community: Community, _ channel: Channel
    ) {
        for home in community.homes(seeing: channel.key) {
            var json = JSONWriter()
            json.beginObject()
            json.field("community_id", community.id)
            json.field("channel_id", channel.id)
            json.field("incarnation", incarnation)
            json.field("seq", deletion.seq)
            json.field("message_id", deletion.message)
            json.field("message_seq", deletion.messageSeq)
            json.endObject()
            send(.communityMessageDeleted, json.bytes, by: actor, to: home)
        }
    }

    /// A report was made or closed: its community's moderators hear of it wherever they live.
    mutating func relay(
        _ report: ReportID, isOpen: Bool, in channel: ConversationID, of community: Community, by actor: ResolvedUser
    ) {
        for home in community.homes {
            let mayHandle = home.members.contains { member in
                let standing = community.standing(of: member)
                return standing.permissions(at: now).contains(.handleReports)
                    && community.channel(channel).map { community.sees(member, $0) } ?? standing.isBeyondRules
            }
            guard mayHandle else { continue }
            var json = JSONWriter()
            json.beginObject()
            json.field("community_id", community.id)
            json.field("channel_id", channel)
            json.field("report_id", report)
            json.field("open", isOpen)
            json.endObject()
            send(.communityReport, json.bytes, by: actor, to: home.peer)
        }
    }

    // MARK: Sending

    private mutating func send(_ state: CommunityStateWriter, by actor: ResolvedUser, to peer: RemotePeer) {
        for part in state.parts() { send(.communityState, part, by: actor, to: peer) }
    }

    /// - Parameters:
    ///   - receiver: Nil when it is for the homeserver.
    ///   - id: One that others know already; a new one without.
    mutating func send(
        _ type: PeerEventType, _ data: [UInt8], by actor: ResolvedUser, to peer: RemotePeer,
        receiver: ResolvedUser? = nil, id: EventID? = nil, at instant: Instant? = nil
    ) {
        guard !isBlocked(peer) else { return }
        enqueue(
            OutgoingEvent(
                id: id ?? ids.next(), sender: actor, receiver: receiver, timestamp: instant ?? now,
                payload: .written(type, data: data)),
            to: peer)
    }
}

/// What the invited person's homeserver is told.
extension Batch {
    mutating func tellInvite(
        _ invite: ServerInvite, by inviter: ResolvedUser, to invitee: ResolvedUser, at peer: RemotePeer
    ) {
        var data = JSONWriter()
        data.beginObject()
        data.field("invite_id", invite.id)
        data.field("community_id", invite.community)
        data.field("name", invite.name)
        data.field("expires_at", invite.expiresAt)
        data.endObject()
        send(.communityInvite, data.bytes, by: inviter, to: peer, receiver: invitee)
    }

    /// Only where its lane is locked anyway: an invitation that is not ended so runs out by itself, and an answer to it is refused.
    mutating func tellInviteEnd(_ invite: StoredInvite, _ state: StoredInvite.State, to peer: RemotePeer) {
        guard state == .withdrawn, outbound[peer.key] != nil, let owner = communities[invite.community]?.owner else {
            return
        }
        var data = JSONWriter()
        data.beginObject()
        data.field("invite_id", invite.id)
        data.field("community_id", invite.communityID)
        data.endObject()
        send(.communityInviteEnd, data.bytes, by: owner, to: peer)
    }
}
