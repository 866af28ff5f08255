package import Wire

/// A homeserver with which nothing is to do with any more: its users leave the communities here, ours those there.
extension Home {
    /// - Parameter server: A peer that the operator has blocked, or that has said, signed, that it has blocked us.
    package func endMemberships(with server: ServerName) async throws(HomeError) {
        guard let peer = try await peerStore.peer(named: server) else { return }
        let remote = RemotePeer(key: peer.key, name: peer.name)
        for key in try await communityStore.copies(hostedBy: server) {
            try await writer.submit(EndMemberships(community: key, peer: remote))
        }
        for key in try await communityStore.communities(withMembersOf: peer.key) {
            try await writer.submit(EndMemberships(community: key, peer: remote))
        }
    }

    /// For what the operator said while this was not running.
    func endMembershipsWithBlocked() async throws(HomeError) {
        for server in try await communityStore.blockedWithMemberships() { try await endMemberships(with: server) }
    }
}

private struct EndMemberships: WriteUnit {
    let community: CommunityKey
    let peer: RemotePeer

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.channelsOf.insert(community)
        needs.invitesOf.insert(community)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let before = batch.communities[community] else { return }
        if before.host != nil {
            if before.host == peer { batch.endCopy(before, .left) }
            return
        }
        for invite in batch.invites.values
        where invite.community == community && invite.state == .pending && invite.inviteePeer == peer {
            batch.settle(invite, .withdrawn)
        }
        for member in before.members.values where member.user.peer == peer && member.user != before.owner {
            batch.endMembership(
                of: member.user.key, in: before, .left,
                LogEntry(.leave, target: member.id.text, detail: [("blocked", peer.name.text)]),
                event: batch.ids.next(), by: member.user.key)
        }
        batch.tellHomes(since: before, by: before.owner)
    }
}
