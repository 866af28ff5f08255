import Wire

/// `community.message` at a homeserver that has members: the message gets the number that its community's home gave it.
///
/// Taken strictly in the order of the channel's numbers: one that is missing is fetched first (`FillHole`).
struct ReceiveChannelMessage: CommunityEffect {
    let community: CommunityID
    let channel: ConversationID
    let incarnation: String
    let seq: Int64
    let n: Int64
    let draft: MessageDraft
    let isDeleted: Bool
    /// Fetched, and not out of the lane: it fills the hole.
    let isFilling: Bool

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
        needs.namedChannels.insert(channel)
        needs.messages.insert(draft.id)
        if draft.author.peer == nil { needs.submissions.insert(draft.id) }
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        do throws(RejectionError) {
            let place = ChannelPosition(
                community: community, channel: channel, incarnation: incarnation, seq: seq, isFilling: isFilling)
            guard let (copy, channel) = try place.next(in: &batch, by: peer) else { return nil }
            guard batch.messagesByID[draft.id] == nil else { throw RejectionError(.conflict) }
            var draft = draft
            if let submission = batch.submissions[draft.id] {
                guard submission.author == draft.author.key, submission.channel == channel.key else {
                    throw RejectionError(.conflict)
                }
                draft.nonce = submission.nonce
                batch.rows.endedSubmissions.insert(draft.id)
                batch.submissions[draft.id] = nil
            }
            batch.conversations[channel.key.value]?.lastN = n - 1
            let message = batch.append(draft, to: channel.key.value)
            if isDeleted { batch.rows.deletedCopies.append(message.id) }
            // Whoever has come to see the channel since it was written, and may not read what was said before, does not see it now either.
            batch.tell(
                message, by: draft.author.id, in: copy, channel, to: isFilling ? copy.readers(of: channel.key) : nil)
            return nil
        } catch {
            return error.code
        }
    }
}

/// `community.message_deleted` at a homeserver that has members.
struct ReceiveDeletion: CommunityEffect {
    let community: CommunityID
    let channel: ConversationID
    let incarnation: String
    let seq: Int64
    let message: MessageID
    let messageSeq: Int64
    let actor: ResolvedUser
    let at: Instant
    let isFilling: Bool

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
        needs.namedChannels.insert(channel)
        needs.messages.insert(message)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        do throws(RejectionError) {
            let place = ChannelPosition(
                community: community, channel: channel, incarnation: incarnation, seq: seq, isFilling: isFilling)
            guard let (copy, channel) = try place.next(in: &batch, by: peer) else { return nil }
            if let known = batch.messagesByID[message], known.conversation != channel.key.value {
                throw RejectionError(.conflict)
            }
            batch.conversations[channel.key.value]?.lastSeq = seq
            batch.touchedConversations.insert(channel.key.value)
            batch.messagesByID[message]?.isDeleted = true
            batch.rows.conversationEvents.append(
                ConversationEventRow(
                    conversation: channel.key.value, seq: seq, kind: .messageDeleted, message: message,
                    messageSeq: messageSeq, actor: actor.key, at: at))
            batch.tell(
                Event(
                    to: copy.viewers(of: channel.key),
                    .messageDeleted(
                        MessageDeletion(
                            community: copy.id, channel: channel.id, message: message, messageSeq: messageSeq,
                            seq: seq, by: actor.id, timestamp: at))))
            return nil
        } catch {
            return error.code
        }
    }
}

/// What a peer says was said or done, by somebody who is new here, in a community that nobody here is in: it is judged, and nothing more.
struct ReceiveUnheeded: CommunityEffect {
    let community: CommunityID

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        do throws(RejectionError) {
            // What is on its way when the last one leaves is none that is lost; when somebody has come in meanwhile, it is.
            return try batch.copy(community, of: peer).incarnation == nil ? nil : .internal
        } catch {
            return error.code
        }
    }
}

/// Where something stands in a channel of another homeserver.
private struct ChannelPosition {
    let community: CommunityID
    let channel: ConversationID
    let incarnation: String
    let seq: Int64
    let isFilling: Bool

    /// The channel, if this is its next number, or what is missing before it is nothing for anybody here; nil when it was here already, or has to
    /// wait until a hole is filled.
    func next(in batch: inout Batch, by peer: RemotePeer) throws(RejectionError) -> (Community, Channel)? {
        let copy = try batch.copy(community, of: peer)
        guard copy.incarnation == incarnation else {
            // Of another life of its home's database: the numbers mean something else until all has been told anew.
            if copy.incarnation != nil { batch.markBehind(copy.key) }
            return nil
        }
        guard let channel = copy.channel(channel), let counters = batch.conversations[channel.key.value] else {
            throw RejectionError(.notFound)
        }
        guard channel.kind == .text else { throw RejectionError(.invalid) }
        guard seq > counters.lastSeq else { return nil }
        guard isFilling || !channel.isBehind, seq == counters.lastSeq + 1 else {
            guard channel.isBehind || !copy.readers(of: channel.key).isEmpty else {
                return (copy, batch.skipHole(in: channel, of: copy, through: seq - 1))
            }
            batch.markBehind(channel, through: seq, of: copy.key)
            return nil
        }
        return (copy, channel)
    }
}

/// `community.report` at a homeserver that has moderators: they hear of it.
struct ReceiveReport: CommunityEffect {
    let community: CommunityID
    let channel: ConversationID?
    let report: ReportID
    let isOpen: Bool

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        do throws(RejectionError) {
            let copy = try batch.copy(community, of: peer)
            let place = channel.flatMap { copy.channel($0) }
            batch.tell(
                Event(
                    to: copy.local(with: .handleReports, seeing: place?.key, at: batch.now),
                    .reportChanged(ReportChange(community: community, id: report, isOpen: isOpen))))
            return nil
        } catch {
            return error.code
        }
    }
}

/// `community.gone` at a homeserver that had members: there is nothing of it for them any more.
struct ReceiveGone: CommunityEffect {
    let community: CommunityID
    let reason: CommunityReason

    func declare(_ needs: inout BatchNeeds) {
        needs.namedCommunities.insert(community)
        needs.invitesOfNamed.insert(community)
    }

    func apply(to batch: inout Batch, by peer: RemotePeer) -> RejectionCode? {
        do throws(RejectionError) {
            let copy = try batch.copy(community, of: peer)
            batch.endCopy(copy, reason)
            return nil
        } catch {
            return error.code
        }
    }
}

extension Batch {
    /// Nobody here is a member of a copied community any more, and nobody is invited.
    mutating func endCopy(_ copy: Community, _ reason: CommunityReason) {
        for invite in invites.values where invite.community == copy.key && invite.state == .pending {
            settle(invite, .withdrawn)
        }
        let users = copy.localMembers
        if !users.isEmpty { tellCommunity(copy.key, .gone, reason: reason, to: users) }
        for user in users {
            communities[copy.key]?.members[user] = nil
            rows.members.insert(MemberPlace(community: copy.key, user: user))
        }
        emptyCopy(copy.key)
    }
}
