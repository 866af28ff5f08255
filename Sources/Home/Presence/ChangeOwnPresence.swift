import Wire

extension Home {
    /// Says what the account wants to be seen as; all its sessions are told, also when it was that already.
    package func changeStatus(to status: OwnStatus, of account: Account) async throws(HomeError) {
        _ = try await writer.submit(
            ChangeOwnPresence(account: account.key, board: presence, status: status, showsLastSeen: nil))
    }

    /// Says whether friends see when the account was last online. Friends are told nothing of it by itself, or one who is
    /// invisible would give himself away: it counts for whatever they hear next.
    package func showLastSeen(_ shows: Bool, of account: Account) async throws(HomeError) -> OwnPresence {
        try await writer.submit(
            ChangeOwnPresence(account: account.key, board: presence, status: nil, showsLastSeen: shows))
    }

    /// What the account shows of itself.
    package func ownPresence(of account: Account) async throws(HomeError) -> OwnPresence {
        let kept = try await presenceStore.own(account.key)
        let status = presence.status(of: account.key) ?? (kept.isInvisible ? .invisible : .online)
        return OwnPresence(status: status, showsLastSeen: kept.showsLastSeen)
    }
}

/// A user's choice in the Writer, so that all his devices hear of his choices in the order in which they were kept.
private struct ChangeOwnPresence: WriteUnit {
    let account: UserKey
    let board: PresenceBoard
    /// Nil leaves it as it is.
    let status: OwnStatus?
    let showsLastSeen: Bool?

    func declare(_ needs: inout BatchNeeds) {
        needs.shown.insert(account)
    }

    func apply(to batch: inout Batch) throws(HomeError) -> OwnPresence {
        guard var kept = batch.shown[account] else { throw .notFound("there is no such account") }
        if let showsLastSeen { kept.showsLastSeen = showsLastSeen }
        if let status {
            kept.isInvisible = status == .invisible
            batch.presenceNews.append(.chosen(account, status))
        }
        batch.shown[account] = kept
        batch.touchedShown.insert(account)
        let own = OwnPresence(
            status: status ?? earlierStatus(batch) ?? (kept.isInvisible ? .invisible : .online),
            showsLastSeen: kept.showsLastSeen)
        batch.tell(Event(to: [account], .ownStatusChanged(own)))
        return own
    }

    /// What he has chosen before: in this batch, or as the board has it.
    private func earlierStatus(_ batch: Batch) -> OwnStatus? {
        for case .chosen(account, let status) in batch.presenceNews.reversed() { return status }
        return board.status(of: account)
    }
}
