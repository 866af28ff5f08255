import Logging
package import Wire

/// The community that somebody came into who accepted an invitation or followed a link.
package struct Joining: Sendable {
    package let community: CommunityID
    /// Its home has not answered yet; that he is in comes as `community-changed`.
    package var isUnderWay = false
}

extension Home {
    /// Invites a person; who is invited already stays so.
    package func invite(
        _ user: UserID, to id: CommunityID, life: Duration?, by account: Account
    ) async throws(HomeError) -> ServerInvite {
        let community = try await community(id, of: account)
        try community.standing(of: account.key)?.require(.createInvites, at: time.now())
        let invitee = try await directory.resolve(user, meeting: true)
        guard let invitee, try await communityStore.isInService(invitee.key) else {
            throw .notFound("no user has the address in user_id")
        }
        let invite: ServerInviteID = ids.next()
        let event: EventID = ids.next()
        let place = MemberPlace(community: community.key, user: invitee.key)
        let isShown = try await !friendStore.hasBlocked(account.key, by: invitee.key)
        let made = try await writer.submit(
            InvitePerson(
                id: invite, community: community.key, inviter: ResolvedUser(account), invitee: invitee, event: event,
                life: life ?? Limits.inviteLifeUsual, place: place, isShown: isShown))
        return made
    }

    package func withdrawInvite(
        _ invite: ServerInviteID, from id: CommunityID, by account: Account
    ) async throws(HomeError) {
        let event: EventID = ids.next()
        var invitee: ResolvedUser?
        if let known = try await communityStore.invite(invite) { invitee = try await directory.resolve(known.invitee) }
        let subject = invitee
        try await change(
            id, by: account, event: event,
            needs: {
                $1.invites.insert(invite)
                if let peer = subject?.peer { $1.outbound.insert(peer.key) }
            },
            {
                (batch, before, actor) throws(HomeError) in
                guard let stored = batch.invites[invite], stored.community == before.key, stored.state == .pending,
                    let subject,
                    stored.inviter == actor.user || actor.permissions(at: batch.now).contains(.manageInvites)
                else { throw .notFound("this community has no such invitation") }
                batch.settle(stored, .withdrawn)
                batch.log(
                    LogEntry(.withdrawInvite, target: subject.id.text), of: before.key, event: event, by: actor.user)
            })
    }

    package func acceptInvite(_ id: ServerInviteID, by account: Account) async throws(HomeError) -> Joining {
        let invite = try await ownInvite(id, account)
        return try await writer.submit(
            AnswerInvite(
                invite: id, community: invite.community, user: ResolvedUser(account), isAccepted: true,
                event: ids.next()))
    }

    package func declineInvite(_ id: ServerInviteID, by account: Account) async throws(HomeError) {
        let invite = try await ownInvite(id, account)
        _ = try await writer.submit(
            AnswerInvite(
                invite: id, community: invite.community, user: ResolvedUser(account), isAccepted: false,
                event: ids.next()))
    }

    private func ownInvite(_ id: ServerInviteID, _ account: Account) async throws(HomeError) -> StoredInvite {
        guard let invite = try await communityStore.invite(id), invite.invitee == account.key else {
            throw .noSuchInvite
        }
        return invite
    }

    /// Looks for invitations whose time is over, until its task is cancelled.
    func runInvites() async {
        while !Task.isCancelled {
            do throws(HomeError) {
                try await expireInvites()
            } catch {
                if !Task.isCancelled {
                    Logger(label: "home.invites").warning(
                        "invitations could not be ended yet", metadata: ["error": "\(error)"])
                }
            }
            try? await Task.sleep(for: Self.inviteSweep)
        }
    }

    /// An invitation is refused from its last second on; what this tells clients may come so much later.
    private static let inviteSweep = Duration.seconds(10)

    /// Ends the invitations whose time is over.
    func expireInvites() async throws(HomeError) {
        while !Task.isCancelled {
            let overdue = try await communityStore.overdueInvites(at: time.now(), limit: 100)
            guard !overdue.isEmpty else { return }
            try await writer.submit(ExpireInvites(invites: overdue))
            guard overdue.count == 100 else { return }
        }
    }
}

private struct InvitePerson: WriteUnit {
    let id: ServerInviteID
    let community: CommunityKey
    let inviter: ResolvedUser
    let invitee: ResolvedUser
    let event: EventID
    let life: Duration
    let place: MemberPlace
    /// Who has blocked the inviter hears nothing; to him it looks like an invitation that nobody answers.
    let isShown: Bool

    private var adder: MemberPlace { MemberPlace(community: community, user: inviter.key) }

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.openInvites.insert(place)
        needs.counts.insert(adder)
        needs.invitesTo.insert(invitee.key)
        if let peer = invitee.peer { needs.outbound.insert(peer.key) }
        if needs.mayHaveRun {
            needs.logged.insert(event)
            needs.invites.insert(id)
        }
    }

    func apply(to batch: inout Batch) throws(HomeError) -> ServerInvite {
        guard let before = batch.communities[community], let actor = before.standing(of: inviter.key) else {
            throw .notFound("you are in no such community")
        }
        if batch.logged.contains(event), let own = batch.invites[id] { return view(own, in: before) }
        try actor.require(.createInvites, at: batch.now)
        if let peer = invitee.peer, batch.isBlocked(peer) || batch.isLimited(peer) {
            throw .conflict("this person's homeserver takes no invitations from here")
        }
        guard before.members[invitee.key] == nil else { throw .conflict("this person is a member already") }
        let open = batch.openInvites[place].flatMap { batch.invites[$0] }
        if let open, open.inviter == inviter.key, open.expiresAt > batch.now { return view(open, in: before) }
        // Who is banned is told to those who ban; and a person is not asked by more than he can answer.
        guard !before.bans.contains(invitee.key), batch.invitesTo[invitee.key] ?? 0 < Limits.openInvitesOfPerson else {
            throw .conflict("this person cannot be invited")
        }
        var counts = batch.counts[adder] ?? CommunityCounts()
        let isManager = actor.permissions(at: batch.now).contains(.manageInvites)
        guard counts.openInvites.all < Limits.openInvites,
            isManager || counts.openInvites.own < Limits.openInvitesOfMember
        else { throw .conflict("as many invitations are open as may be") }
        // Another's is replaced: he may be somebody whom the invited person has blocked.
        if let open { batch.settle(open, .withdrawn) }
        counts.openInvites.add()
        batch.counts[adder] = counts
        batch.invitesTo[invitee.key, default: 0] += 1
        let invite = StoredInvite(
            id: id, community: community, communityID: before.id, inviter: inviter.key, invitee: invitee.key,
            inviteePeer: invitee.peer, state: .pending, isShown: isShown, createdAt: batch.now,
            expiresAt: batch.now + life)
        batch.setInvite(invite, .pending)
        batch.log(LogEntry(.invite, target: invitee.id.text), of: community, event: event, by: inviter.key)
        let view = view(invite, in: before)
        if let peer = invitee.peer {
            batch.tellInvite(view, by: inviter, to: invitee, at: peer)
        } else if isShown {
            batch.tell(Event(to: [invitee.key], .newServerInvite(view)))
        }
        return view
    }

    private func view(_ invite: StoredInvite, in community: Community) -> ServerInvite {
        ServerInvite(
            id: invite.id, community: community.id, name: community.name, inviter: inviter.id, invitee: invitee.id,
            createdAt: invite.createdAt, expiresAt: invite.expiresAt)
    }
}

/// The invited person's word.
struct AnswerInvite: WriteUnit {
    let invite: ServerInviteID
    let community: CommunityKey
    let user: ResolvedUser
    let isAccepted: Bool
    let event: EventID
    /// When he said it, if it was on its way for long.
    var saidAt: Instant?

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.invites.insert(invite)
        if let peer = user.peer { needs.outbound.insert(peer.key) }
        needs.memberships.insert(user.key)
        needs.channelsOf.insert(community)
    }

    func apply(to batch: inout Batch) throws(HomeError) -> Joining {
        guard let before = batch.communities[community], let stored = batch.invites[invite] else {
            throw .noSuchInvite
        }
        let done = Joining(community: before.id)
        if batch.mayHaveRun, stored.state == (isAccepted ? .accepted : .declined) { return done }
        // One that ran out while the answer was on its way still counts.
        let isOpen = stored.state == .pending || (stored.state == .expired && saidAt != nil)
        guard isOpen, stored.invitee == user.key, stored.expiresAt > min(saidAt ?? batch.now, batch.now) else {
            throw .noSuchInvite
        }
        if let host = before.host { return try answer(stored, of: before, at: host, &batch) }
        guard isAccepted else {
            batch.settle(stored, .declined)
            batch.log(LogEntry(.declineInvite, target: user.id.text), of: community, event: event, by: user.key)
            return done
        }
        guard !before.bans.contains(user.key) else { throw .noSuchInvite }
        try batch.join(user, to: community, event: event, by: [("invite_id", invite.description)])
        batch.settle(stored, .accepted)
        batch.tellHomes(since: before, by: user)
        return done
    }

    /// A community of another homeserver hears of it, and its answer is that he is in.
    private func answer(
        _ stored: StoredInvite, of copy: Community, at host: RemotePeer, _ batch: inout Batch
    ) throws(HomeError) -> Joining {
        guard !batch.isBlocked(host) else { throw .blocked }
        if isAccepted {
            guard batch.memberships[user.key, default: 0] < Limits.communities else {
                throw .conflict("you are in \(Limits.communities) communities, as many as one person can be")
            }
            batch.consent(of: user.key, to: copy.id, at: host)
        }
        batch.settle(stored, isAccepted ? .accepted : .declined)
        batch.tellAnswer(stored, isAccepted: isAccepted, by: user, to: host, event: event)
        return Joining(community: copy.id, isUnderWay: true)
    }
}

private struct ExpireInvites: WriteUnit {
    let invites: [StoredInvite]

    func declare(_ needs: inout BatchNeeds) {
        needs.invites.formUnion(invites.map(\.id))
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        for invite in invites {
            guard let stored = batch.invites[invite.id], stored.state == .pending, stored.expiresAt <= batch.now else {
                continue
            }
            batch.settle(stored, .expired)
        }
    }
}

extension Batch {
    /// An invitation is no longer open; the invited person's sessions hear of it, if he ever heard of it himself.
    mutating func settle(_ invite: StoredInvite, _ state: StoredInvite.State) {
        setInvite(invite, state)
        if let peer = invite.inviteePeer { return tellInviteEnd(invite, state, to: peer) }
        guard invite.isShown else { return }
        tell(
            Event(
                to: [invite.invitee],
                .serverInviteChanged(
                    ServerInviteChange(
                        id: invite.id, community: invite.communityID, state: state.rawValue, code: nil))))
    }
}

extension HomeError {
    fileprivate static let noSuchInvite = HomeError.notFound("you have no such invitation")
}
