package import Wire

extension Home {
    /// Makes a community, whose owner the account is: with a channel, and the roles everyone, Moderator and Administrator.
    package func createCommunity(
        name: String, description: String?, by account: Account
    ) async throws(HomeError) -> Community {
        let unit = CreateCommunity(
            id: ids.next(), name: try CommunityRules.name(name),
            description: try CommunityRules.text(
                description, field: "description", atMost: Limits.descriptionCodePoints),
            owner: ResolvedUser(account), event: ids.next(), everyone: ids.next(), moderator: ids.next(),
            administrator: ids.next(), channel: ids.next())
        if let made = try await writer.submit(unit) { return made }
        return try await community(unit.id, of: account)
    }

    /// - Parameters:
    ///   - name: Nil leaves it.
    ///   - description: Nil leaves it, an empty one takes it away.
    package func updateCommunity(
        _ id: CommunityID, name: String?, description: String?, by account: Account
    ) async throws(HomeError) -> Community {
        let name: String? = if let name { try CommunityRules.name(name) } else { nil }
        let cleared = try CommunityRules.text(
            description, field: "description", atMost: Limits.descriptionCodePoints)
        let event: EventID = ids.next()
        return try await change(id, by: account, event: event) { (batch, before, actor) throws(HomeError) in
            try actor.require(.manageCommunity, at: batch.now)
            let newDescription = description == nil ? before.description : cleared
            guard name ?? before.name != before.name || newDescription != before.description else { return }
            batch.communities[before.key]?.name = name ?? before.name
            batch.communities[before.key]?.description = newDescription
            var detail: [(key: String, value: String)] = []
            if let name, name != before.name { detail.append(("name", name)) }
            if newDescription != before.description { detail.append(("description", LogEntry.short(newDescription))) }
            batch.log(
                LogEntry(.updateCommunity, targetNamed: before.name, detail: detail), of: before.key, event: event,
                by: actor.user)
            batch.tellCommunity(before.key, .member, reason: .updated)
        }
    }

    /// Gives a community to another member.
    package func transferCommunity(
        _ id: CommunityID, to user: UserID, by account: Account
    ) async throws(HomeError) {
        guard let heir = try await directory.resolve(user), try await communityStore.isInService(heir.key) else {
            throw .notFound("user_id names no member of this community")
        }
        let event: EventID = ids.next()
        try await change(id, by: account, event: event, changesSight: true) {
            (batch, before, actor) throws(HomeError) in
            guard actor.isOwner else { throw .forbidden("only the owner can give a community away") }
            guard before.members[heir.key] != nil else {
                throw .notFound("user_id names no member of this community")
            }
            guard heir.key != actor.user else { throw .conflict("you own this community already") }
            batch.communities[before.key]?.owner = heir
            batch.log(
                LogEntry(.transferCommunity, target: heir.id.text), of: before.key, event: event, by: actor.user)
            batch.tellCommunity(before.key, .member, reason: .transferred)
            batch.tellSight(since: before, of: [actor.user, heir.key])
        }
    }

    /// Ends a community for everybody.
    package func deleteCommunity(_ id: CommunityID, by account: Account) async throws(HomeError) {
        let event: EventID = ids.next()
        let key = try await community(id, of: account).key
        // Its answer is the community after it, of which there is none.
        _ = try await writer.submit(
            ChangeCommunity(
                community: key, actor: ResolvedUser(account), event: event, changesSight: false,
                needs: { $0.invitesOf.insert(key) },
                work: { (batch, before, actor) throws(HomeError) in
                    guard actor.isOwner else { throw .forbidden("only the owner can delete a community") }
                    for invite in batch.invites.values where invite.community == key && invite.state == .pending {
                        batch.settle(invite, .withdrawn)
                    }
                    batch.log(
                        LogEntry(.deleteCommunity, targetNamed: before.name), of: key, event: event, by: actor.user)
                    batch.tellCommunity(key, .gone, reason: .deleted)
                    // What comes behind it in the batch finds none.
                    batch.rows.deleted[key] = batch.communities.removeValue(forKey: key)
                }))
    }

    package func leaveCommunity(_ id: CommunityID, by account: Account) async throws(HomeError) {
        let community = try await community(id, of: account)
        guard community.host == nil else {
            return try await writer.submit(
                LeaveCopy(community: community.key, id: community.id, user: ResolvedUser(account)))
        }
        let event: EventID = ids.next()
        try await change(community.key, by: account, event: event, changesSight: true) {
            (batch, before, actor) throws(HomeError) in
            guard !actor.isOwner else {
                throw .conflict("you own this community: give it to somebody else first, or delete it")
            }
            batch.endMembership(
                of: actor.user, in: before, .left, LogEntry(.leave, target: account.id.text), event: event,
                by: actor.user)
        }
    }
}

extension LogEntry {
    /// The beginning of a long text: the log is no second place for it.
    static func short(_ text: String?) -> String {
        guard let text else { return "" }
        let scalars = text.unicodeScalars
        guard scalars.count > Limits.loggedCodePoints else { return text }
        return String(scalars.prefix(Limits.loggedCodePoints)) + "…"
    }

    init(_ action: Action, targetNamed name: String, detail: [(key: String, value: String)] = []) {
        self.init(action, target: nil, named: name, detail: detail)
    }
}

extension Batch {
    /// Somebody is a member no longer: he hears that it is gone, the others that he is.
    mutating func endMembership(
        of user: UserKey, in before: Community, _ reason: CommunityReason, _ entry: LogEntry, event: EventID,
        by actor: UserKey
    ) {
        guard let member = before.members[user] else { return }
        removeMember(user, of: before.key)
        log(entry, of: before.key, event: event, by: actor)
        // First what else is of this version: who has heard that he is gone has heard all of it.
        for channel in before.channels.values where channel.overrides[.member(user)] != nil {
            guard let channel = communities[before.key]?.channels[channel.key] else { continue }
            tellChannel(channel, of: before.key)
        }
        tellMember(member, .gone, of: before.key, reason: reason)
        if member.user.peer == nil { tellCommunity(before.key, .gone, reason: reason, to: [user]) }
    }
}

/// A new community in the Writer.
private struct CreateCommunity: WriteUnit {
    let id: CommunityID
    let name: String
    let description: String?
    let owner: ResolvedUser
    let event: EventID
    let everyone: RoleID
    let moderator: RoleID
    let administrator: RoleID
    let channel: ConversationID

    func declare(_ needs: inout BatchNeeds) {
        needs.newCommunities += 1
        needs.newConversations += 1
        needs.memberships.insert(owner.key)
        if needs.mayHaveRun { needs.logged.insert(event) }
    }

    /// Nil when an earlier try has made it.
    func apply(to batch: inout Batch) throws(HomeError) -> Community? {
        guard !batch.logged.contains(event) else { return nil }
        guard batch.memberships[owner.key, default: 0] < Limits.communities else {
            throw .conflict("you are in \(Limits.communities) communities, as many as one person can be")
        }
        guard let key = batch.spareCommunities.popLast() else {
            preconditionFailure("a unit that may make a community declares it")
        }
        batch.memberships[owner.key, default: 0] += 1
        var community = Community(
            key: key, id: id, host: nil, name: name, description: description, owner: owner, version: 0,
            createdAt: batch.now)
        community.roles = [
            everyone: Role(
                id: everyone, name: "everyone", permissions: .presetOfMembers, position: 0, isEveryone: true),
            moderator: Role(
                id: moderator, name: "Moderator", permissions: .presetOfModerators, position: 1, isEveryone: false),
            administrator: Role(
                id: administrator, name: "Administrator", permissions: .presetOfAdministrators, position: 2,
                isEveryone: false),
        ]
        batch.communities[key] = community
        for role in community.roles.values { batch.setRole(role, of: key) }
        let conversation = ChannelKey(batch.makeConversation(id: channel))
        batch.setChannel(
            Channel(
                key: conversation, id: channel, kind: .text, name: "general", topic: nil, position: 1, slowMode: 0,
                overrides: [:]), of: key)
        batch.setMember(Member(user: owner, joinedAt: batch.now, roles: [], timedOutUntil: nil), of: key)
        batch.rows.joined.insert(MemberPlace(community: key, user: owner.key))
        batch.log(LogEntry(.createCommunity, targetNamed: name), of: key, event: event, by: owner.key)
        batch.tellCommunity(key, .member, reason: .joined)
        return batch.communities[key]
    }
}
