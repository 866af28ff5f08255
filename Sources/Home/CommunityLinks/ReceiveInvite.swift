import Wire

/// `community.invite` at the invited person's homeserver.
///
/// Of a community that is new here only the name is noted, as a copy without members: the invitation stands with the others.
struct ReceiveInvite: CommunityEffect {
    let invite: ServerInviteID
    let community: CommunityID
    let name: String
    /// Nil for somebody who is new here, when the invitation cannot be taken.
    var inviter: ResolvedUser?
    let invitee: ResolvedUser
    let createdAt: Instant
    let expiresAt: Instant
    /// False when the invited person has blocked the inviter.
    var isShown: Bool

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
        needs.invitesOfNamed.insert(community)
        needs.invites.insert(invite)
        needs.invitesTo.insert(invitee.key)
        needs.consents.insert(community)
        needs.newCommunities += 1
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        guard !batch.isLimited(peer) else { return .limited }
        guard expiresAt > batch.now else { return nil }
        let known = batch.community(community)
        if let known {
            // Who names an id first does not own it: what nobody here waits for any more can be another's.
            let isTaken = !known.isNameOnly || batch.isAwaited(known)
            guard known.host == peer || !isTaken else { return .forbidden }
            guard known.members[invitee.key] == nil else { return nil }
        }
        if let stored = batch.invites[invite] {
            return stored.communityID == community && stored.invitee == invitee.key ? nil : .conflict
        }
        guard batch.invitesTo[invitee.key, default: 0] < Limits.openInvitesOfPerson else { return .rateLimited }
        guard let inviter, let key = known?.key ?? batch.spareCommunities.popLast() else { return .internal }
        batch.invitesTo[invitee.key, default: 0] += 1
        if var copy = known {
            copy.name = name
            copy.host = peer
            batch.communities[key] = copy
        } else {
            batch.communities[key] = Community(
                key: key, id: community, host: peer, name: name, description: nil, owner: inviter, version: 0,
                createdAt: batch.now)
        }
        batch.rows.communities.insert(key)
        // At its home one person has one open invitation: a newer one takes the place of the older.
        for open in batch.invites.values
        where open.community == key && open.invitee == invitee.key && open.state == .pending {
            batch.settle(open, .withdrawn)
        }
        let stored = StoredInvite(
            id: invite, community: key, communityID: community, inviter: inviter.key, invitee: invitee.key,
            inviteePeer: nil, state: .pending, isShown: isShown, createdAt: createdAt,
            expiresAt: min(expiresAt, batch.now + Limits.inviteLife))
        batch.setInvite(stored, .pending)
        guard isShown else { return nil }
        batch.tell(
            Event(
                to: [invitee.key],
                .newServerInvite(
                    ServerInvite(
                        id: invite, community: community, name: name, inviter: inviter.id, invitee: invitee.id,
                        createdAt: stored.createdAt, expiresAt: stored.expiresAt))))
        return nil
    }
}

/// `community.invite_end` at the invited person's homeserver: an invitation is no longer open.
struct ReceiveInviteEnd: CommunityEffect {
    let invite: ServerInviteID
    let community: CommunityID

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
        needs.invites.insert(invite)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        guard let stored = batch.invites[invite] else { return nil }
        guard stored.communityID == community, batch.community(community)?.host == peer else { return .forbidden }
        if stored.state == .pending { batch.settle(stored, .withdrawn) }
        return nil
    }
}
