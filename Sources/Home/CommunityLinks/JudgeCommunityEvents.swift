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
            case .communityState: return .success(try await state(event))
            case .communityMessage: return .success(try await message(event))
            case .communityMessageDeleted: return .success(try await deletion(event))
            case .communityInvite: return .success(try await invite(event))
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

    private func state(_ event: InboundEvent) async throws -> ReceiveState {
        let state = try CommunityState(event.data)
        var owner: ResolvedUser?
        if let head = state.head {
            owner = try await directory.resolve(head.owner, meeting: true)
            guard owner != nil else { throw RejectionError(.invalid) }
        }
        var users: [UserID: ResolvedUser] = [:]
        for user in state.members.map(\.user) where user.server == server && users[user] == nil {
            users[user] = try await directory.resolve(user)
        }
        for override in state.channels.flatMap(\.overrides) {
            guard case .member(let user) = override.target, users[user] == nil else { continue }
            users[user] = try await directory.resolve(user, meeting: user.server != server)
        }
        return ReceiveState(state: state, owner: owner, users: users, us: server)
    }

    private func message(_ event: InboundEvent) async throws -> ReceiveChannelMessage {
        ReceiveChannelMessage(
            community: try event.data.id("community_id"), channel: try event.data.id("channel_id"),
            incarnation: try event.data.string("incarnation", maxBytes: 64),
            seq: try event.data.integer("seq", in: 1...Limits.largestNumber),
            n: try event.data.integer("n", in: 1...Limits.largestNumber), draft: try await draft(event, nonce: nil),
            isDeleted: false, isFilling: false)
    }

    private func deletion(_ event: InboundEvent) async throws -> ReceiveDeletion {
        guard let actor = try await directory.resolve(event.sender, meeting: true) else {
            throw RejectionError(.notFound)
        }
        return ReceiveDeletion(
            community: try event.data.id("community_id"), channel: try event.data.id("channel_id"),
            incarnation: try event.data.string("incarnation", maxBytes: 64),
            seq: try event.data.integer("seq", in: 1...Limits.largestNumber),
            message: try event.data.id("message_id"),
            messageSeq: try event.data.integer("message_seq", in: 1...Limits.largestNumber), actor: actor,
            at: event.timestamp, isFilling: false)
    }

    private func invite(_ event: InboundEvent) async throws -> ReceiveInvite {
        guard let to = event.to, to.server == server else { throw RejectionError(.forbidden) }
        guard let invitee = try await directory.resolve(to), try await communityStore.isInService(invitee.key) else {
            throw RejectionError(.notFound)
        }
        guard let inviter = try await directory.resolve(event.sender, meeting: true) else {
            throw RejectionError(.notFound)
        }
        let name = try event.data.statedName("name")
        return ReceiveInvite(
            invite: try event.data.id("invite_id"), community: try event.data.id("community_id"), name: name,
            inviter: inviter, invitee: invitee, createdAt: min(event.timestamp, time.now()),
            expiresAt: try event.data.instant("expires_at"),
            isShown: try await !friendStore.hasBlocked(inviter.key, by: invitee.key))
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
            let draft = try await draft(event, nonce: try event.data.optionalString("nonce"))
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

    private func draft(_ event: InboundEvent, nonce: String?) async throws -> MessageDraft {
        let text = try event.data.string(
            "message", maxCodePoints: Limits.messageCodePoints, maxBytes: Limits.messageBytes)
        do throws(HomeError) { try MessageRules.check(text: text) } catch { throw RejectionError(.invalid) }
        guard let author = try await directory.resolve(event.sender, meeting: true) else {
            throw RejectionError(.notFound)
        }
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

extension JSONObject {
    fileprivate func idOrRejection<Of>(_ key: String) throws(HomeError) -> ID<Of> {
        do throws(FieldError) { return try id(key) } catch { throw HomeError(error) }
    }
}
