import Wire

extension Batch {
    /// Takes a private message of a peer's user: numbered here for the local receiver. Idempotent by message id within its author.
    mutating func receiveDirectMessage(_ draft: MessageDraft, to receiver: ResolvedUser) -> RejectionCode? {
        let pair = RosterPair(owner: receiver.key, other: draft.author.key)
        if let known = messagesByID[draft.id] {
            // The same id from another author or for another person is somebody else's message.
            return known.author == draft.author.key && known.receiver == receiver.key ? nil : .conflict
        }
        guard let entry = rosters[pair], entry.state == .friends, let conversation = entry.conversation else {
            return .notFriends
        }
        var draft = draft
        // A reply to a message that never got here (rejected, or older than the friendship) is shown without its reference.
        if let replyTo = draft.replyTo, messagesByID[replyTo]?.conversation != conversation { draft.replyTo = nil }
        let message = append(draft, to: conversation)
        tell(
            Event(
                to: [receiver.key],
                .newPrivateMessage(message.message(author: draft.author.id, receiver: receiver.id))))
        return nil
    }
}
