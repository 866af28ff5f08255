package import Wire

extension Home {
    /// Has a request carried by which a user of ours joins a community of another homeserver by a link.
    ///
    /// Nobody is in a community who has not asked for it, and what its home tells may be here before its answer is: so which community the link
    /// leads to is asked first, and noted.
    package func carryJoin(
        by code: String, _ call: CarriedCall, to host: ServerName, _ account: Account
    ) async throws(HomeError) -> CarriedAnswer {
        let preview = try await ask(
            host, CarriedCall(user: account.id, method: "GET", target: "/api/v1/invite-links/\(code)"))
        guard preview.status == 200 else { return preview }
        guard let body = preview.body, let object = try? JSON.parse(body, limits: .link).object,
            let community: CommunityID = try? object.id("server_id")
        else { throw .remoteUnreachable(host) }
        let peer = try await knownPeer(named: host)
        let remote = RemotePeer(key: peer.key, name: peer.name)
        try await writer.submit(
            NoteConsent(user: account.key, community: community, host: remote, isGiven: true))
        let answer = try await carry(call, to: host)
        if answer.status != 200 {
            try await writer.submit(
                NoteConsent(user: account.key, community: community, host: remote, isGiven: false))
        }
        return answer
    }
}

/// Whether somebody here wants to be in a community of another homeserver, in the Writer.
private struct NoteConsent: WriteUnit {
    let user: UserKey
    let community: CommunityID
    let host: RemotePeer
    let isGiven: Bool

    func declare(_ needs: inout BatchNeeds) {
        needs.memberships.insert(user)
        needs.consents.insert(community)
        needs.namedCommunities.insert(community)
        needs.outbound.insert(host.key)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard isGiven else { return batch.endConsent(of: user, to: community) }
        guard !batch.isBlocked(host) else { throw .blocked }
        // Also of who is in, as far as is known here: that he was put out may be on its way, and that he is in again comes behind it.
        let isIn = batch.community(community)?.members[user] != nil
        guard isIn || batch.memberships[user, default: 0] < Limits.communities else {
            throw .conflict("you are in \(Limits.communities) communities, as many as one person can be")
        }
        batch.consent(of: user, to: community, at: host)
    }
}
