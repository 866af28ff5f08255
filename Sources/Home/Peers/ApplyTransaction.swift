import Wire

extension Home {
    /// Applies a peer's transaction: events in order of `seq`, each whole or rejected with a code, the lane's position in the same COMMIT.
    ///
    /// What was applied before is skipped. An event that cannot be taken is acknowledged with a code and kept as a dead letter, so the lane
    /// moves on. The caller has verified that the request comes from `peer`; whether each event may is judged here.
    package func applyTransaction(
        from peer: Peer, epoch: String, events: [InboundEvent]
    ) async throws(TransactionError) -> TransactionResult {
        let result = try await peerTurns[peer.key].pass { () async throws(TransactionError) in
            guard carefulPeers.contains(peer.key) else {
                return try await applyTogether(from: peer, epoch: epoch, events: events)
            }
            return try await applyCarefully(from: peer, epoch: epoch, events: events)
        }
        laneWaits.applied(result.epoch, through: result.ack, of: peer.key)
        return result
    }

    /// - Parameter poisoned: None of these events may be tried: each has been there when the process crashed.
    func applyTogether(
        from peer: Peer, epoch: String, events: [InboundEvent], poisoned: Bool = false
    ) async throws(TransactionError) -> TransactionResult {
        let remote = RemotePeer(key: peer.key, name: peer.name)
        var units: [ApplyPeerEvent] = []
        units.reserveCapacity(events.count)
        var openRequests: [UserKey: OpenRequests] = [:]
        var predecessor: InboundEvent?
        for event in events {
            do throws(HomeError) {
                var judged = try await unit(
                    for: event, from: remote, epoch: epoch, poisoned: poisoned, &openRequests)
                judged.predecessor = predecessor
                units.append(judged)
            } catch {
                throw .home(error)
            }
            predecessor = event
        }
        var rejected: [RejectedEvent] = []
        var skipped: [Int64] = []
        var ack: Int64?
        for (event, result) in zip(events, await writer.submit(contentsOf: units)) {
            switch result {
            case .success(.done): break
            case .success(.skipped(let last)):
                skipped.append(event.seq)
                // More may be committed than was sent now. It must be told: it may be what the sender has forgotten.
                ack = last
                continue
            case .success(.rejected(let code)): rejected.append(RejectedEvent(seq: event.seq, code: code.rawValue))
            case .success(.refused(let error)):
                // What came before it is committed: the next try starts behind it.
                throw error
            case .failure(let error): throw .home(error)
            }
            ack = event.seq
        }
        if var ack {
            if let first = skipped.first {
                let last = skipped.last == events.last?.seq ? ack : skipped.last ?? first
                let room = Limits.transactionEvents - rejected.count
                let earlier = try await earlierRejections(
                    from: first, through: last, atMost: room + 1, of: peer.key, epoch: epoch)
                if earlier.count > room { ack = earlier[room].seq - 1 }
                rejected = Array(earlier.prefix(room)) + rejected
            }
            return TransactionResult(epoch: epoch, ack: ack, rejected: rejected)
        }
        let position = try await inbound(peer.key)
        guard position.epoch == epoch else { throw .epochUnknown(last: position.last) }
        return TransactionResult(epoch: epoch, ack: position.last, rejected: [])
    }

    /// The codes of events that an earlier try had rejected: its answer was lost, or it ended half-way.
    private func earlierRejections(
        from first: Int64, through last: Int64, atMost limit: Int, of peer: PeerKey, epoch: String
    ) async throws(TransactionError) -> [RejectedEvent] {
        do throws(HomeError) {
            return try await peerStore.inboundRejections(
                from: first, through: last, atMost: limit, of: peer, epoch: epoch)
        } catch {
            throw .home(error)
        }
    }

    private func inbound(_ peer: PeerKey) async throws(TransactionError) -> InboundPosition {
        do throws(HomeError) {
            return try await peerStore.inboundPosition(of: peer)
        } catch {
            throw .home(error)
        }
    }

    /// Judges what needs no database lock: authority, shape, and who the people are.
    private func unit(
        for event: InboundEvent, from peer: RemotePeer, epoch: String, poisoned: Bool,
        _ openRequests: inout [UserKey: OpenRequests]
    ) async throws(HomeError) -> ApplyPeerEvent {
        func make(_ verdict: ApplyPeerEvent.Verdict) -> ApplyPeerEvent {
            ApplyPeerEvent(
                peer: peer, epoch: epoch, event: event, verdict: verdict, answer: ids.next(),
                newConversation: ids.next())
        }
        if event.isExpired { return make(.skip) }
        if poisoned { return make(.reject(.poison)) }
        guard let type = PeerEventType(rawValue: event.type) else { return make(.reject(.unsupported)) }
        if type.isOfCommunities {
            switch try await communityEffect(of: event, type, from: peer) {
            case .success(let effect): return make(.community(effect))
            case .failure(let error): return make(.reject(error.code))
            }
        }
        guard let to = event.to else { return make(.reject(.invalid)) }
        guard event.sender.server == peer.name, to.server == server else { return make(.reject(.forbidden)) }
        let payload: PeerEventPayload
        do throws(RejectionError) {
            payload = try PeerEventPayload.decode(event, type)
        } catch {
            return make(.reject(error.code))
        }
        if case .directMessage(let text, _) = payload {
            do throws(HomeError) { try MessageRules.check(text: text) } catch { return make(.reject(.invalid)) }
        }
        guard let receiver = try await directory.resolve(to) else { return make(.reject(.notFound)) }
        // Before the sender is noted: of somebody who is refused nothing stays but the dead letter.
        if case .friendRequest = payload, !(try await mayAsk(receiver, event.sender, of: peer.key, &openRequests)) {
            return make(.reject(.rateLimited))
        }
        guard let sender = try await directory.resolve(event.sender, meeting: payload.mayIntroduce) else {
            return make(.reject(.notFriends))
        }
        return make(.take(payload, sender: sender, receiver: receiver))
    }

    /// Whether one more request may wait for the receiver; between people who have one already it is none more.
    func mayAsk(
        _ receiver: ResolvedUser, _ sender: UserID, of peer: PeerKey, _ openRequests: inout [UserKey: OpenRequests]
    ) async throws(HomeError) -> Bool {
        if openRequests[receiver.key] == nil {
            openRequests[receiver.key] = try await friendStore.openRequests(to: receiver.key, from: peer)
        }
        if openRequests[receiver.key]?.take() == true { return true }
        return try await friendStore.isKnown(sender, to: receiver.key)
    }
}

/// One event of a peer in the Writer.
struct ApplyPeerEvent: WriteUnit {
    enum Verdict: Sendable {
        case reject(RejectionCode)
        /// It failed at its own home: only its number counts.
        case skip
        case take(PeerEventPayload, sender: ResolvedUser, receiver: ResolvedUser)
        case community(any CommunityEffect)
    }

    enum Answer: Sendable {
        case done
        /// It was applied before, as everything through `last` was.
        case skipped(last: Int64)
        case rejected(RejectionCode)
        /// Neither it nor what follows it may be applied.
        case refused(TransactionError)
    }

    let peer: RemotePeer
    let epoch: String
    let event: InboundEvent
    let verdict: Verdict
    /// The id of an event that answers this one, should it need an answer.
    let answer: EventID
    let newConversation: ConversationID
    /// The event before it in the same transaction.
    var predecessor: InboundEvent?

    private var link: PeerLink { PeerLink(peer: peer, answer: answer, newConversation: newConversation) }

    /// What PostgreSQL cannot store is rejected, so that what is behind it arrives.
    var replacement: ApplyPeerEvent? {
        switch verdict {
        case .take, .community: break
        case .reject, .skip: return nil
        }
        return ApplyPeerEvent(
            peer: peer, epoch: epoch, event: event, verdict: .reject(.internal), answer: answer,
            newConversation: newConversation, predecessor: predecessor)
    }

    func declare(_ needs: inout BatchNeeds) {
        needs.inbound.insert(peer.key)
        if case .community(let effect) = verdict {
            needs.outbound.insert(peer.key)
            effect.declare(&needs)
        }
        guard case .take(let payload, let sender, let receiver) = verdict else { return }
        let pair = RosterPair(owner: receiver.key, other: sender.key)
        switch payload {
        case .directMessage(_, let replyTo):
            needs.conversations.insert(pair)
            needs.messages.insert(MessageID(event.id))
            if let replyTo { needs.messages.insert(replyTo) }
        case .friendRequest(let id), .friendAccept(let id), .friendEnd(let id, _):
            needs.rosters.insert(pair)
            needs.requests.insert(id)
            needs.outbound.insert(peer.key)
            needs.newConversations += 1
        }
    }

    func apply(to batch: inout Batch) throws(HomeError) -> Answer {
        let position = batch.inbound[peer.key] ?? InboundPosition(epoch: nil, last: 0, lastEvent: nil)
        guard position.epoch == epoch else { return .refused(.epochUnknown(last: position.last)) }
        if event.seq <= position.last {
            return position.contradicts(event) ? .refused(.fork) : .skipped(last: position.last)
        }
        guard event.seq == position.last + 1 else { return .refused(.gap(expected: position.last + 1)) }
        // What stands behind a fork belongs to the other past too.
        if let predecessor, position.contradicts(predecessor) { return .refused(.fork) }
        let rejection = take(&batch)
        batch.inbound[peer.key] = InboundPosition(
            epoch: epoch, last: event.seq, lastEvent: event.isExpired ? nil : event.id)
        batch.touchedInbound.insert(peer.key)
        noteLoss(rejection, &batch)
        guard let rejection else { return .done }
        batch.newDeadLetters.append(deadLetter(rejection, at: batch.now))
        return .rejected(rejection)
    }

    /// What failed at its own home, or here by no fault of its own, may have been of a community: its copies miss something.
    private func noteLoss(_ rejection: RejectionCode?, _ batch: inout Batch) {
        let isLost =
            event.isExpired
            || (event.type.hasPrefix("community.") && [.internal, .poison, .tooLarge].contains(rejection))
        if isLost { batch.rows.behindHosts.insert(peer.key) }
    }

    /// Applies the event, or says why not; nothing is staged in the second case.
    private func take(_ batch: inout Batch) -> RejectionCode? {
        switch verdict {
        case .reject(let code): return code
        case .skip: return nil
        case .community(let effect): return effect.apply(to: &batch, by: peer)
        case .take(.directMessage(let text, let replyTo), let sender, let receiver):
            return batch.receiveDirectMessage(
                MessageDraft(
                    id: MessageID(event.id), author: sender, receiver: receiver, text: text, nonce: nil,
                    replyTo: replyTo, timestamp: min(event.timestamp, batch.now)), to: receiver)
        case .take(.friendRequest(let id), let sender, let receiver):
            return batch.receiveRequest(id, by: link, from: sender, to: receiver)
        case .take(.friendAccept(let id), let sender, let receiver):
            return batch.receiveAccept(id, by: link, from: sender, to: receiver)
        case .take(.friendEnd(let id, let reason), let sender, let receiver):
            return batch.receiveEnd(id, reason, by: link, from: sender, to: receiver)
        }
    }

    private func deadLetter(_ code: RejectionCode, at instant: Instant) -> DeadLetter {
        var json = JSONWriter()
        json.beginObject()
        json.field("seq", event.seq)
        json.field("id", event.id)
        json.field("type", event.type)
        json.field("ts", event.timestamp)
        json.field("sender", event.sender)
        json.field("to", event.to)
        json.field("data", event.data)
        json.endObject()
        return DeadLetter(
            direction: .in, peer: peer.key, epoch: epoch, seq: event.seq, event: event.id, type: event.type,
            code: code.rawValue, json: json.bytes, createdAt: instant)
    }
}

extension InboundPosition {
    /// Whether another event than this one was applied under its number.
    fileprivate func contradicts(_ event: InboundEvent) -> Bool {
        event.seq == last && !event.isExpired && lastEvent != nil && lastEvent != event.id
    }
}
