import Wire

/// `channel.message` at a community's home: a message of a peer's user, checked and numbered like any other.
struct ReceiveSubmission: CommunityEffect {
    let community: CommunityID
    let unit: SendChannelMessage

    func declare(_ needs: inout BatchNeeds) {
        unit.declare(&needs)
        needs.messages.insert(unit.draft.id)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        if let known = batch.messagesByID[unit.draft.id] {
            // Sent again, or the id of somebody else's message.
            let isSame = known.author == unit.draft.author.key && known.conversation == unit.channel.value
            return isSame ? nil : .conflict
        }
        guard batch.communities[unit.community]?.id == community else { return .notFound }
        do throws(HomeError) {
            _ = try unit.apply(to: &batch)
            return nil
        } catch {
            return error.rejection
        }
    }
}

/// `community.leave` at a community's home.
struct ReceiveLeave: CommunityEffect {
    let community: CommunityID
    let user: ResolvedUser
    let event: EventID

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
        needs.channelsOfNamed.insert(community)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        guard let before = batch.community(community), before.host == nil, before.members[user.key] != nil else {
            return nil
        }
        guard before.owner != user else { return .conflict }
        batch.endMembership(
            of: user.key, in: before, .left, LogEntry(.leave, target: user.id.text), event: event, by: user.key)
        batch.tellHomes(since: before, by: user)
        return nil
    }
}

/// `community.accept` and `community.decline` at a community's home: what a peer's user says to his invitation.
struct ReceiveInviteAnswer: CommunityEffect {
    let invite: ServerInviteID
    let community: CommunityKey
    let user: ResolvedUser
    let isAccepted: Bool
    /// When he said it: an acceptance counts from then.
    let saidAt: Instant
    let event: EventID

    private var answer: AnswerInvite {
        AnswerInvite(
            invite: invite, community: community, user: user, isAccepted: isAccepted, event: event, saidAt: saidAt)
    }

    func declare(_ needs: inout BatchNeeds) { answer.declare(&needs) }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        // Who has come in by another way has what he wanted.
        if isAccepted, let known = batch.communities[community], known.members[user.key] != nil {
            // His homeserver seems to have lost that he is in.
            batch.retell(known, to: peer, by: user)
            return nil
        }
        guard !isAccepted || !batch.isLimited(peer) else { return .limited }
        guard saidAt + Limits.acceptanceLife > batch.now else { return .notFound }
        do throws(HomeError) {
            _ = try answer.apply(to: &batch)
            return nil
        } catch {
            // A refusal that the other side has noted already is none to complain of.
            return isAccepted ? error.rejection : nil
        }
    }
}

/// `community.resync` at a community's home: a homeserver has lost something and is told everything anew.
struct ReceiveResync: CommunityEffect {
    let community: CommunityID
    /// In whose name it asks; nil when nobody here has heard of him.
    let user: ResolvedUser?

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
        needs.channelsOfNamed.insert(community)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        let known = batch.community(community)
        guard let known, known.host == nil, known.homes.contains(where: { $0.peer == peer }) else {
            // Nothing that this homeserver sends is in the name of a stranger: the code says the same (`Batch.forsaken`).
            guard let user else { return .notFound }
            batch.tellGone(community, .left, by: user, to: peer)
            return nil
        }
        batch.retell(known, to: peer, by: user ?? known.owner)
        return nil
    }
}
