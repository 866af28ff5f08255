package import Wire

extension Home {
    /// Gives a member a role, or takes it from him.
    package func setRole(
        _ role: RoleID, _ isGiven: Bool, of user: UserID, in id: CommunityID, by account: Account
    ) async throws(HomeError) -> Member {
        let subject = try await subject(user)
        let event: EventID = ids.next()
        let after = try await change(id, by: account, event: event, changesSight: true) {
            (batch, before, actor) throws(HomeError) in
            guard var member = before.members[subject.key] else { throw .noSuchMember }
            guard let known = before.roles[role], !known.isEveryone else {
                throw .notFound("this community has no such role that is given")
            }
            try actor.require(.manageRoles, at: batch.now)
            try actor.requireOver(known)
            try actor.requireGrant(of: known, in: before, at: batch.now)
            if member.user.key != actor.user { try actor.requireOver(member, in: before) }
            guard member.roles.contains(role) != isGiven else { return }
            if isGiven {
                guard member.roles.count < Limits.rolesOfMember else {
                    throw .conflict("this member has \(Limits.rolesOfMember) roles, as many as one can have")
                }
                member.roles.insert(role)
            } else {
                member.roles.remove(role)
            }
            batch.setMember(member, of: before.key)
            batch.log(
                LogEntry(
                    isGiven ? .addRole : .removeRole, target: member.id.text, named: known.name,
                    detail: [("role_id", role.description)]),
                of: before.key, event: event, by: actor.user)
            batch.tellSight(since: before, of: [member.user.key])
            batch.tellMember(member, .member, of: before.key, reason: .role)
        }
        guard let member = after.members[subject.key] else { throw .noSuchMember }
        return member
    }

    package func kick(
        _ user: UserID, from id: CommunityID, reason: String?, by account: Account
    ) async throws(HomeError) {
        let reason = try CommunityRules.reason(reason)
        let subject = try await subject(user)
        let event: EventID = ids.next()
        try await change(id, by: account, event: event, changesSight: true) {
            (batch, before, actor) throws(HomeError) in
            guard let member = before.members[subject.key] else { throw .noSuchMember }
            try actor.require(.kickMembers, at: batch.now)
            try actor.requireOver(member, in: before)
            batch.endMembership(
                of: subject.key, in: before, .kicked, LogEntry(.kick, target: user.text, reason: reason),
                event: event, by: actor.user)
        }
    }

    /// Lets a member only read until a time; nil ends it.
    ///
    /// - Parameter duration: A second to `Limits.timeOut`.
    package func timeOut(
        _ user: UserID, for duration: Duration?, in id: CommunityID, reason: String?, by account: Account
    ) async throws(HomeError) -> Member {
        let reason = try CommunityRules.reason(reason)
        let subject = try await subject(user)
        let event: EventID = ids.next()
        let after = try await change(id, by: account, event: event) { (batch, before, actor) throws(HomeError) in
            guard var member = before.members[subject.key] else { throw .noSuchMember }
            try actor.require(.timeOutMembers, at: batch.now)
            try actor.requireOver(member, in: before)
            if duration != nil, before.standing(of: member).isBeyondRules {
                throw .forbidden("administrators cannot be timed out")
            }
            let until = duration.map { batch.now + $0 }
            guard until != nil || member.timedOutUntil != nil else { return }
            member.timedOutUntil = until
            batch.setMember(member, of: before.key)
            batch.log(
                LogEntry(
                    until == nil ? .endTimeOut : .timeOut, target: user.text, reason: reason,
                    detail: until.map { [("until", $0.rfc3339)] } ?? []),
                of: before.key, event: event, by: actor.user)
            batch.tellMember(member, .member, of: before.key, reason: .timedOut)
        }
        guard let member = after.members[subject.key] else { throw .noSuchMember }
        return member
    }

    /// Keeps somebody out: a member goes, and nobody who is banned can join.
    ///
    /// - Parameter purge: How far back what he wrote is deleted, at most `Limits.purge`; it is gone before this returns.
    package func ban(
        _ user: UserID, from id: CommunityID, reason: String?, purge: Duration, by account: Account
    ) async throws(HomeError) {
        let reason = try CommunityRules.reason(reason)
        let community = try await community(id, of: account)
        try community.standing(of: account.key)?.require(.banMembers, at: time.now())
        // Of another homeserver also somebody who has never been here.
        guard let subject = try await directory.resolve(user, meeting: true) else {
            throw .notFound("no user has this address")
        }
        let key = community.key
        let event: EventID = ids.next()
        let place = MemberPlace(community: key, user: subject.key)
        let now = time.now()
        try await change(
            key, by: account, event: event, changesSight: true, needs: { $0.openInvites.insert(place) },
            {
                (batch, before, actor) throws(HomeError) in
                try actor.require(.banMembers, at: batch.now)
                if purge > .zero { try actor.require(.manageMessages, at: batch.now) }
                guard subject.key != actor.user else { throw .conflict("you cannot ban yourself") }
                if let member = before.members[subject.key] { try actor.requireOver(member, in: before) }
                guard !before.bans.contains(subject.key) else { return }
                guard before.bans.count < Limits.bans else {
                    throw .conflict("this community has \(Limits.bans) bans, as many as it can have")
                }
                batch.communities[key]?.bans.insert(subject.key)
                batch.rows.endedBans.remove(place)
                batch.rows.bans[place] = StoredBan(by: actor.user, reason: reason, createdAt: batch.now)
                if let invite = batch.openInvites[place].flatMap({ batch.invites[$0] }) {
                    batch.settle(invite, .withdrawn)
                }
                let entry = LogEntry(.ban, target: user.text, reason: reason)
                guard before.members[subject.key] != nil else {
                    return batch.log(entry, of: key, event: event, by: actor.user)
                }
                batch.endMembership(of: subject.key, in: before, .banned, entry, event: event, by: actor.user)
            })
        guard purge > .zero else { return }
        try await purgeMessages(of: subject, in: key, since: now - purge, by: account)
    }

    package func unban(_ user: UserID, from id: CommunityID, by account: Account) async throws(HomeError) {
        let subject = try await subject(user)
        let event: EventID = ids.next()
        try await change(id, by: account, event: event) { (batch, before, actor) throws(HomeError) in
            try actor.require(.banMembers, at: batch.now)
            guard before.bans.contains(subject.key) else { throw .notFound("this person is not banned") }
            batch.communities[before.key]?.bans.remove(subject.key)
            let place = MemberPlace(community: before.key, user: subject.key)
            batch.rows.bans[place] = nil
            batch.rows.endedBans.insert(place)
            batch.log(LogEntry(.unban, target: user.text), of: before.key, event: event, by: actor.user)
        }
    }

    private func subject(_ user: UserID) async throws(HomeError) -> ResolvedUser {
        guard let subject = try await directory.resolve(user) else { throw .noSuchMember }
        return subject
    }
}

extension HomeError {
    fileprivate static let noSuchMember = HomeError.notFound("this community has no such member")
}
