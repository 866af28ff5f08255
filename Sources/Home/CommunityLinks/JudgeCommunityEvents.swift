import Synchronization
import Wire

/// What a peer says of communities, judged as far as it needs no lock: shape, authority, and who the people are.
///
/// A community's home says who has done what there, whoever it was; everybody else speaks for his own users.
extension Home {
    func communityEffect(
        of event: InboundEvent, _ type: PeerEventType, from peer: RemotePeer
    ) async throws(HomeError) -> Result<any CommunityEffect, RejectionError> {
        do {
            switch type {
            case .communityState: return .success(try await state(event, from: peer))
            case .communityMessage: return .success(try await message(event, from: peer))
            case .communityMessageDeleted: return .success(try await deletion(event, from: peer))
            case .communityInvite: return .success(try await invite(event, from: peer))
            case .communityInviteEnd:
                return .success(
                    ReceiveInviteEnd(
                        invite: try event.data.id("invite_id"), community: try event.data.id("community_id")))
            case .communityReport:
                return .success(
                    ReceiveReport(
                        community: try event.data.id("community_id"), channel: try event.data.optionalID("channel_id"),
                        report: try event.data.id("report_id"), isOpen: try event.data.bool("open")))
            case .communityGone:
                let named = CommunityReason(rawValue: try event.data.string("reason", maxBytes: 32))
                let reason = named.flatMap { CommunityReason.ofEnds.contains($0) ? $0 : nil } ?? .left
                return .success(ReceiveGone(community: try event.data.id("community_id"), reason: reason))
            case .channelMessage, .communityLeave, .communityAccept, .communityDecline, .communityResync:
                guard event.sender.server == peer.name else { throw RejectionError(.forbidden) }
                return .success(try await request(event, type))
            case .directMessage, .friendRequest, .friendAccept, .friendEnd: throw RejectionError(.unsupported)
            }
        } catch let error as RejectionError {
            return .failure(error)
        } catch is FieldError {
            return .failure(RejectionError(.invalid))
        } catch let error as HomeError {
            throw error
        } catch {
            preconditionFailure("judging throws nothing else: \(error)")
        }
    }

    // MARK: From a community's home

    /// Whether a peer tells of a community that it hosts and that somebody here is in, or has asked to come into. Else nobody is noted
    /// whom it names: it could name anybody, and his homeserver with him.
    private func isHeeded(of community: CommunityID, _ peer: RemotePeer) async throws(HomeError) -> Bool {
        if let known = board.key(of: community).flatMap({ board[$0] }), known.host == peer, !known.localMembers.isEmpty
        {
            return true
        }
        return try await communityStore.isAwaitedOrIn(community, at: peer.key)
    }

    /// Who has said or done something in a community; nil when he is new here and the peer has nothing to tell of it.
    private func actor(
        of event: InboundEvent, in community: CommunityID, _ peer: RemotePeer
    ) async throws
        -> ResolvedUser?
    {
        if let known = try await directory.resolve(event.sender) { return known }
        guard event.sender.server != server else { throw RejectionError(.notFound) }
        guard try await isHeeded(of: community, peer) else { return nil }
        return try await directory.resolve(event.sender, meeting: true)
    }

    private func state(_ event: InboundEvent, from peer: RemotePeer) async throws -> ReceiveState {
        let state = try CommunityState(event.data)
        let isHeeded = try await isHeeded(of: state.community, peer)
        var owner: ResolvedUser?
        if let head = state.head {
            owner = try await directory.resolve(head.owner, meeting: isHeeded)
            guard owner != nil || (!isHeeded && head.owner.server != server) else { throw RejectionError(.invalid) }
        }
        var users: [UserID: ResolvedUser] = [:]
        for user in state.members.map(\.user) where user.server == server && users[user] == nil {
            users[user] = try await directory.resolve(user)
        }
        for override in state.channels.flatMap(\.overrides) {
            guard case .member(let user) = override.target, users[user] == nil else { continue }
            users[user] = try await directory.resolve(user, meeting: isHeeded && user.server != server)
        }
        return ReceiveState(state: state, owner: owner, users: users, us: server, isHeeded: isHeeded)
    }

    private func message(_ event: InboundEvent, from peer: RemotePeer) async throws -> any CommunityEffect {
        let community: CommunityID = try event.data.id("community_id")
        let author = try await actor(of: event, in: community, peer)
        let message = ReceiveChannelMessage(
            community: community, channel: try event.data.id("channel_id"),
            incarnation: try event.data.string("incarnation", maxBytes: 64),
            seq: try event.data.integer("seq", in: 1...Limits.largestNumber),
            n: try event.data.integer("n", in: 1...Limits.largestNumber),
            draft: try draft(event, by: author ?? .nobody(event.sender, peer), nonce: nil), isDeleted: false,
            isFilling: false)
        return author == nil ? ReceiveUnheeded(community: community) : message
    }

    private func deletion(_ event: InboundEvent, from peer: RemotePeer) async throws -> any CommunityEffect {
        let community: CommunityID = try event.data.id("community_id")
        let actor = try await actor(of: event, in: community, peer)
        let deletion = ReceiveDeletion(
            community: community, channel: try event.data.id("channel_id"),
            incarnation: try event.data.string("incarnation", maxBytes: 64),
            seq: try event.data.integer("seq", in: 1...Limits.largestNumber),
            message: try event.data.id("message_id"),
            messageSeq: try event.data.integer("message_seq", in: 1...Limits.largestNumber),
            actor: actor ?? .nobody(event.sender, peer), at: event.timestamp, isFilling: false)
        return actor == nil ? ReceiveUnheeded(community: community) : deletion
    }

    private func invite(_ event: InboundEvent, from peer: RemotePeer) async throws -> ReceiveInvite {
        guard let to = event.to, to.server == server else { throw RejectionError(.forbidden) }
        guard let invitee = try await directory.resolve(to), try await communityStore.isInService(invitee.key) else {
            throw RejectionError(.notFound)
        }
        let known = try await directory.resolve(event.sender)
        guard known != nil || event.sender.server != server else { throw RejectionError(.notFound) }
        let (now, community) = (time.now(), try event.data.id("community_id") as CommunityID)
        var invite = ReceiveInvite(
            invite: try event.data.id("invite_id"), community: community, name: try event.data.statedName("name"),
            inviter: known, invitee: invitee, createdAt: min(event.timestamp, now),
            expiresAt: try event.data.instant("expires_at"), isShown: true)
        // Who is new here is noted when the invitation will be taken, as far as that can be said before it is.
        if known == nil, invite.expiresAt > now,
            try await communityStore.mayInvite(invitee.key, to: community, at: peer.key)
        {
            guard takesInviter(of: peer) else { throw RejectionError(.rateLimited) }
            invite.inviter = try await directory.resolve(event.sender, meeting: true)
        }
        if let inviter = invite.inviter {
            invite.isShown = try await !friendStore.hasBlocked(inviter.key, by: invitee.key)
        }
        return invite
    }

    /// People who invite are noted for ever, so that a homeserver may not have any number of them.
    private func takesInviter(of peer: RemotePeer) -> Bool {
        let now = time.monotonic()
        return newInviters.withLock { buckets in
            guard buckets.wait(peer.key, at: now) == nil else { return false }
            buckets.take(peer.key, at: now)
            return true
        }
    }

    // MARK: From a member's home

    private func request(_ event: InboundEvent, _ type: PeerEventType) async throws -> any CommunityEffect {
        // Who has never been a member is not known here, and need not become so.
        let known = try await directory.resolve(event.sender)
        let community: CommunityID = try event.data.id("community_id")
        // It is his homeserver that asks: a restored database may have forgotten him, and others from there not.
        if type == .communityResync { return ReceiveResync(community: community, user: known) }
        guard let user = known else { throw RejectionError(.notFound) }
        switch type {
        case .channelMessage:
            let draft = try draft(event, by: user, nonce: try event.data.optionalString("nonce"))
            let view: ChannelView
            do throws(HomeError) {
                try MessageRules.check(nonce: draft.nonce)
                view = try await channel(
                    try event.data.idOrRejection("channel_id"), of: Account(key: user.key, id: user.id))
            } catch .unavailable(let reason) {
                throw HomeError.unavailable(reason)
            } catch {
                throw RejectionError(error.rejection)
            }
            guard view.community.host == nil else { throw RejectionError(.notFound) }
            guard takesSubmission(of: user) else { throw RejectionError(.rateLimited) }
            return ReceiveSubmission(
                community: community,
                unit: SendChannelMessage(
                    draft: draft, community: view.community.key, channel: view.channel.key,
                    isSlow: view.channel.slowMode > 0))
        case .communityLeave: return ReceiveLeave(community: community, user: user, event: event.id)
        case .communityAccept, .communityDecline:
            let invite: ServerInviteID = try event.data.id("invite_id")
            guard let stored = try await communityStore.invite(invite), stored.invitee == user.key,
                stored.communityID == community
            else { throw RejectionError(.notFound) }
            return ReceiveInviteAnswer(
                invite: invite, community: stored.community, user: user, isAccepted: type == .communityAccept,
                saidAt: event.timestamp, event: event.id)
        default: throw RejectionError(.unsupported)
        }
    }

    /// His own homeserver limits him as well; this is for one that does not.
    private func takesSubmission(of user: ResolvedUser) -> Bool {
        let now = time.monotonic()
        return submissions.withLock { buckets in
            guard buckets.wait(user.key, at: now) == nil else { return false }
            buckets.take(user.key, at: now)
            return true
        }
    }

    // MARK: Both

    private func draft(_ event: InboundEvent, by author: ResolvedUser, nonce: String?) throws -> MessageDraft {
        let text = try event.data.string(
            "message", maxCodePoints: Limits.messageCodePoints, maxBytes: Limits.messageBytes)
        do throws(HomeError) { try MessageRules.check(text: text) } catch { throw RejectionError(.invalid) }
        var mentions: [Mention] = []
        for value in try event.data.optionalArray("mentions", maxCount: Limits.mentions) ?? [] {
            guard case .string(let word) = value, let mention = Mention(word, home: event.sender.server) else {
                throw RejectionError(.invalid)
            }
            mentions.append(mention)
        }
        return MessageDraft(
            id: MessageID(event.id), author: author, receiver: nil, text: text, nonce: nonce,
            replyTo: try event.data.optionalID("reply_to"), mentions: mentions,
            timestamp: min(event.timestamp, time.now()))
    }
}

extension ResolvedUser {
    /// Somebody of whom nothing stands here, in what is only looked at.
    fileprivate static func nobody(_ id: UserID, _ peer: RemotePeer) -> ResolvedUser {
        ResolvedUser(key: UserKey(0), id: id, peer: peer)
    }
}

extension JSONObject {
    fileprivate func idOrRejection<Of>(_ key: String) throws(HomeError) -> ID<Of> {
        do throws(FieldError) { return try id(key) } catch { throw HomeError(error) }
    }
}
