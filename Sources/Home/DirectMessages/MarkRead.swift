package import Wire

/// How much of a conversation a user has not read (`unread-changed`).
package struct UnreadChange: Sendable, Equatable {
    package let conversationID: ConversationID
    /// The other person.
    package let user: UserID
    package let readSeq: Int64
    package let unread: Int64
    package let lastSeq: Int64

    package init(conversationID: ConversationID, user: UserID, readSeq: Int64, unread: Int64, lastSeq: Int64) {
        self.conversationID = conversationID
        self.user = user
        self.readSeq = readSeq
        self.unread = unread
        self.lastSeq = lastSeq
    }
}

extension Home {
    /// Moves the account's read marker of one of its conversations forward, and tells all its sessions.
    ///
    /// - Parameter seq: From 0; beyond the conversation's last number it means that number. At or before the marker nothing happens.
    package func markRead(
        _ id: ConversationID, through seq: Int64, of account: Account
    ) async throws(HomeError) {
        guard let conversation = try await messageStore.conversation(id, of: account.key),
            let other = try await directory.resolve(conversation.other)
        else { throw .notFound("you have no such conversation") }
        // The marker only moves forward, so what it has passed by now it has passed for good.
        guard seq > conversation.readSeq else { return }
        try await writer.submit(MarkRead(account: account, other: other, seq: seq))
    }
}

/// A move of a read marker in the Writer, where its place among the messages is exact.
struct MarkRead: WriteUnit {
    let account: Account
    let other: ResolvedUser
    let seq: Int64

    private var pair: RosterPair { RosterPair(owner: account.key, other: other.key) }
    private var place: ReadPlace { ReadPlace(pair: pair, seq: seq) }

    func declare(_ needs: inout BatchNeeds) {
        needs.conversations.insert(pair)
        needs.unread.insert(place)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let entry = batch.rosters[pair], let key = entry.conversation, let counters = batch.conversations[key]
        else { throw .notFound("you have no such conversation") }
        let readSeq = min(seq, counters.lastSeq)
        guard readSeq > entry.readSeq else { return }
        batch.setRoster(pair) { $0.readSeq = readSeq }
        batch.tell(
            Event(
                to: [account.key],
                .unreadChanged(
                    UnreadChange(
                        conversationID: counters.id, user: other.id, readSeq: readSeq,
                        unread: batch.unread(at: place, in: key), lastSeq: counters.lastSeq))))
    }
}

extension Batch {
    /// What others have written behind a place: what was there before the batch, and what its earlier units have appended.
    fileprivate func unread(at place: ReadPlace, in conversation: Int64) -> Int64 {
        let appended = newMessages.count { message in
            message.conversation == conversation && message.seq > place.seq && message.author != place.pair.owner
        }
        return (unread[place] ?? 0) + Int64(appended)
    }
}
