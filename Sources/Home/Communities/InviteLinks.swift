import Sodium
package import Wire

/// An invite link as those see it who manage them.
package struct InviteLink: Sendable {
    package let code: String
    package let creator: UserID
    package let createdAt: Instant
    package let expiresAt: Instant?
    package let maxUses: Int64?
    package let uses: Int64
    package let isRevoked: Bool
}

/// What somebody sees of a community before he joins by a link.
package struct InvitePreview: Sendable {
    package let code: String
    package let community: CommunityID
    package let name: String
    package let description: String?
    package let host: ServerName
    package let memberCount: Int
    package let expiresAt: Instant?
    package let isMember: Bool
}

/// Who joined by a link, and when.
package struct InviteLinkUse: Sendable {
    package let user: UserID
    package let at: Instant
}

/// The code of a link: 128 random bits in url-safe base64, so that nobody guesses one. It is shown again to those who manage links, so it
/// is kept as it is.
enum InviteLinkCode {
    private static let randomBytes = 16
    private static let characters = 22

    static func make() -> String { Base64.encode(RandomBytes.array(count: randomBytes), .urlSafe) }

    /// The code that a link means: links that people pass on carry the homeserver's name behind an `@`. Nil for what is none of ours.
    static func read(_ text: String, at server: ServerName) -> String? {
        let parts = text.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count < 2 || parts[1] == server.text[...] else { return nil }
        let code = String(parts[0])
        let isWhole = code.utf8.count == characters && Base64.decode(code[...], .urlSafe)?.count == randomBytes
        return isWhole ? code : nil
    }
}

extension Home {
    package func createLink(
        in id: CommunityID, life: Duration?, maxUses: Int64?, by account: Account
    ) async throws(HomeError) -> InviteLink {
        let code = InviteLinkCode.make()
        let event: EventID = ids.next()
        try await change(
            id, by: account, event: event, needs: { $1.counts.insert(MemberPlace(community: $0, user: account.key)) },
            {
                (batch, before, actor) throws(HomeError) in
                try actor.require(.createInvites, at: batch.now)
                let adder = MemberPlace(community: before.key, user: actor.user)
                var counts = batch.counts[adder] ?? CommunityCounts()
                let isManager = actor.permissions(at: batch.now).contains(.manageInvites)
                guard counts.openLinks.all < Limits.inviteLinks,
                    isManager || counts.openLinks.own < Limits.inviteLinksOfMember
                else { throw .conflict("there are as many links as may be: revoke one first") }
                counts.openLinks.add()
                batch.counts[adder] = counts
                batch.links[code] = StoredLink(
                    code: code, community: before.key, creator: actor.user, createdAt: batch.now,
                    expiresAt: life.map { batch.now + $0 }, maxUses: maxUses, uses: 0)
                batch.rows.links.insert(code)
                batch.log(
                    LogEntry(.createLink, target: InviteLinkCode.short(code)), of: before.key, event: event,
                    by: actor.user)
            })
        let links = try await communityStore.links(code: code)
        guard let link = links.first else { throw .internal }
        return link
    }

    /// Only those who manage invitations see the links of others.
    package func links(of id: CommunityID, for account: Account) async throws(HomeError) -> [InviteLink] {
        let community = try await community(id, of: account)
        let links = try await communityStore.links(of: community.key)
        guard let actor = community.standing(of: account.key) else { return [] }
        guard !actor.permissions(at: time.now()).contains(.manageInvites) else { return links }
        return links.filter { $0.creator == account.id }
    }

    package func revokeLink(_ text: String, in id: CommunityID, by account: Account) async throws(HomeError) {
        guard let code = InviteLinkCode.read(text, at: server) else { throw .noSuchLink }
        let event: EventID = ids.next()
        try await change(
            id, by: account, event: event, needs: { $1.links.insert(code) },
            {
                (batch, before, actor) throws(HomeError) in
                guard var link = batch.links[code], link.community == before.key, link.revokedAt == nil else {
                    throw .noSuchLink
                }
                if link.creator != actor.user {
                    guard actor.permissions(at: batch.now).contains(.manageInvites) else { throw .noSuchLink }
                }
                link.revokedAt = batch.now
                batch.links[code] = link
                batch.rows.links.insert(code)
                batch.log(
                    LogEntry(.revokeLink, target: InviteLinkCode.short(code)), of: before.key, event: event,
                    by: actor.user)
            })
    }

    package func uses(
        ofLink text: String, in id: CommunityID, for account: Account
    ) async throws(HomeError) -> [InviteLinkUse] {
        guard let code = InviteLinkCode.read(text, at: server),
            try await links(of: id, for: account).contains(where: { $0.code == code })
        else { throw .noSuchLink }
        return try await communityStore.uses(ofLink: code)
    }

    /// What stands behind a code, for whoever has it.
    package func preview(ofLink code: String, for account: Account) async throws(HomeError) -> InvitePreview {
        guard let code = InviteLinkCode.read(code, at: server), let link = try await communityStore.link(code),
            let community = try await community(link.community), !community.bans.contains(account.key)
        else { throw .noSuchLink }
        let isMember = community.members[account.key] != nil
        guard link.isOpen(at: time.now()) || isMember else { throw .noSuchLink }
        return InvitePreview(
            code: code, community: community.id, name: community.name, description: community.description,
            host: server, memberCount: community.members.count, expiresAt: link.expiresAt, isMember: isMember)
    }

    /// A peer's user whom nobody here has dealt with is noted once it is clear that the link lets somebody in.
    package func join(byLink code: String, _ account: Account) async throws(HomeError) -> Joining {
        guard let code = InviteLinkCode.read(code, at: server), let link = try await communityStore.link(code) else {
            throw .noSuchLink
        }
        if !account.isLocal { _ = try await preview(ofLink: code, for: account) }
        return try await writer.submit(
            JoinByLink(code: code, community: link.community, user: try await met(account), event: ids.next()))
    }
}

private struct JoinByLink: WriteUnit {
    let code: String
    let community: CommunityKey
    let user: ResolvedUser
    let event: EventID

    private var place: MemberPlace { MemberPlace(community: community, user: user.key) }

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.links.insert(code)
        needs.memberships.insert(user.key)
        if let peer = user.peer { needs.outbound.insert(peer.key) }
        needs.channelsOf.insert(community)
        needs.openInvites.insert(place)
    }

    func apply(to batch: inout Batch) throws(HomeError) -> Joining {
        guard let before = batch.communities[community], !before.bans.contains(user.key), var link = batch.links[code]
        else { throw .noSuchLink }
        let done = Joining(community: before.id)
        guard before.members[user.key] == nil else {
            // His homeserver seems to have lost that he is in.
            if let peer = user.peer { batch.retell(before, to: peer, by: user) }
            return done
        }
        if let peer = user.peer, batch.isLimited(peer) {
            throw .forbidden("the operator takes no new members of your homeserver")
        }
        guard link.isOpen(at: batch.now) else { throw .noSuchLink }
        try batch.join(user, to: community, event: event, by: [("link", InviteLinkCode.short(code))])
        batch.tellHomes(since: before, by: user)
        link.uses += 1
        batch.links[code] = link
        batch.rows.links.insert(code)
        batch.rows.uses.insert(LinkUse(code: code, user: user.key))
        // An invitation that was open besides has had its way.
        if let invite = batch.openInvites[place].flatMap({ batch.invites[$0] }) {
            batch.settle(invite, .accepted)
        }
        return done
    }
}

extension InviteLinkCode {
    /// How the log names a link: not all who read it may hand it on.
    fileprivate static func short(_ code: String) -> String { code.prefix(6) + "…" }
}

extension HomeError {
    fileprivate static let noSuchLink = HomeError.notFound("there is no such invite link, or it is no longer valid")
}
