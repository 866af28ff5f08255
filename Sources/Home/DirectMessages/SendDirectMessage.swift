package import Wire

/// What a local user writes to another, before it is checked.
package struct NewDirectMessage: Sendable {
    package let receiver: UserID
    package let text: String
    package let nonce: String?
    package let replyTo: MessageID?

    /// - Parameters:
    ///   - text: 1…4,000 Unicode code points and at most 16 KiB of UTF-8.
    ///   - nonce: 1…64 printable ASCII characters; the same author's same nonce in the conversation gets the first receipt, for ever.
    package init(receiver: UserID, text: String, nonce: String?, replyTo: MessageID?) {
        self.receiver = receiver
        self.text = text
        self.nonce = nonce
        self.replyTo = replyTo
    }
}

extension Home {
    /// Sends a private message from a local user: checked, numbered, stored and, for a peer's user, queued in one COMMIT.
    ///
    /// - Parameters:
    ///   - text, nonce: As in `NewDirectMessage`.
    ///   - stream: The socket that sends; it gets the receipt, the author's other sockets `private-message-sent`.
    package func sendDirectMessage(
        to receiver: UserID, text: String, nonce: String?, replyTo: MessageID?, from account: Account, stream: StreamID?
    ) async throws(HomeError) -> SendReceipt {
        let message = NewDirectMessage(receiver: receiver, text: text, nonce: nonce, replyTo: replyTo)
        let unit = try await unit(for: message, from: account, stream: stream)
        do throws(HomeError) {
            return try await writer.submit(unit)
        } catch {
            throw try await refusal(error, of: unit)
        }
    }

    /// Sends messages that their author wrote one after the other: they keep that order and share a COMMIT. Each gets an answer
    /// of its own; one that is refused does not keep back the others.
    package func sendDirectMessages(
        _ messages: [NewDirectMessage], from account: Account, stream: StreamID?
    ) async -> [Result<SendReceipt, HomeError>] {
        var units: [SendDirectMessage] = []
        var refusals: [Int: HomeError] = [:]
        for (index, message) in messages.enumerated() {
            do throws(HomeError) {
                units.append(try await unit(for: message, from: account, stream: stream))
            } catch {
                refusals[index] = error
            }
        }
        var receipts: [Result<SendReceipt, HomeError>] = []
        for (unit, receipt) in zip(units, await writer.submit(contentsOf: units)) {
            guard case .failure(let error) = receipt else {
                receipts.append(receipt)
                continue
            }
            receipts.append(.failure((try? await refusal(error, of: unit)) ?? error))
        }
        var next = receipts.makeIterator()
        return messages.indices.map { index in
            if let refusal = refusals[index] { return .failure(refusal) }
            return next.next() ?? .failure(.internal)
        }
    }

    /// Who has blocked somebody is told so. The Writer does not see a block where the two have no conversation, and need not: it
    /// is looked for only when a message was refused.
    private func refusal(_ error: HomeError, of unit: SendDirectMessage) async throws(HomeError) -> HomeError {
        guard error == .notFriends,
            try await friendStore.hasBlocked(unit.receiver.key, by: unit.draft.author.key)
        else {
            return error
        }
        return .blocked
    }

    private func unit(
        for message: NewDirectMessage, from account: Account, stream: StreamID?
    ) async throws(HomeError) -> SendDirectMessage {
        try MessageRules.check(text: message.text)
        try MessageRules.check(nonce: message.nonce)
        guard message.receiver != account.id else { throw .invalid(field: "receiver_id", problem: "is yourself") }
        guard let receiver = try await directory.resolve(message.receiver) else {
            // A stranger of a peer is simply no friend; only a local address can be told not to exist.
            throw message.receiver.server == server
                ? .notFound("no user has the address in receiver_id") : .notFriends
        }
        let author = ResolvedUser(key: account.key, id: account.id, peer: nil)
        let draft = MessageDraft(
            id: ids.next(), author: author, receiver: receiver, text: message.text, nonce: message.nonce,
            replyTo: message.replyTo, timestamp: time.now())
        return SendDirectMessage(draft: draft, receiver: receiver, stream: stream)
    }
}

/// A local author's message in the Writer.
struct SendDirectMessage: WriteUnit {
    let draft: MessageDraft
    let receiver: ResolvedUser
    let stream: StreamID?

    private var pair: RosterPair { RosterPair(owner: draft.author.key, other: receiver.key) }
    private var nonceKey: NonceKey? {
        draft.nonce.map { NonceKey(author: draft.author.key, place: .direct(receiver.key), nonce: $0) }
    }

    func declare(_ needs: inout BatchNeeds) {
        needs.conversations.insert(pair)
        if let nonceKey { needs.nonces.append(nonceKey) }
        if let replyTo = draft.replyTo { needs.messages.insert(replyTo) }
        if let peer = receiver.peer { needs.outbound.insert(peer.key) }
        if needs.mayHaveRun { needs.messages.insert(draft.id) }
    }

    func apply(to batch: inout Batch) throws(HomeError) -> SendReceipt {
        if let nonceKey, let first = batch.messagesByNonce[nonceKey], first.id != draft.id {
            return receipt(for: first, duplicate: true)
        }
        if let own = batch.messagesByID[draft.id] {
            // An earlier try committed, and its connection was lost before anybody heard of it.
            return receipt(for: own, duplicate: false)
        }
        guard let entry = batch.rosters[pair], entry.state == .friends, let conversation = entry.conversation else {
            throw .notFriends
        }
        if let replyTo = draft.replyTo, batch.messagesByID[replyTo]?.conversation != conversation {
            throw .notFound("reply_to names no message of this conversation")
        }
        var draft = draft
        if let peer = receiver.peer {
            guard !batch.isBlocked(peer) else { throw .blocked }
            draft.outbox = (peer.key, batch.nextOutboxSeq(for: peer.key))
            batch.enqueue(event, to: peer)
        }
        let message = batch.append(draft, to: conversation)
        tell(message, &batch)
        return receipt(for: message, duplicate: false)
    }

    private var event: OutgoingEvent {
        OutgoingEvent(
            id: EventID(draft.id), sender: draft.author, receiver: receiver, timestamp: draft.timestamp,
            payload: .directMessage(text: draft.text, replyTo: draft.replyTo))
    }

    private func tell(_ message: StoredMessage, _ batch: inout Batch) {
        let message = message.message(author: draft.author.id, receiver: receiver.id)
        if receiver.peer == nil {
            batch.tell(Event(to: [receiver.key], .newPrivateMessage(message)))
        }
        batch.tell(Event(to: [draft.author.key], except: stream, .privateMessageSent(message)))
    }

    private func receipt(for message: StoredMessage, duplicate: Bool) -> SendReceipt {
        SendReceipt(
            messageID: message.id, conversationID: message.conversationID, seq: message.seq, n: message.n,
            timestamp: message.timestamp, state: message.outPeer == nil ? .sent : .queued, duplicate: duplicate)
    }
}
