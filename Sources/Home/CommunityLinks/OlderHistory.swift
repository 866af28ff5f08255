import Wire

/// What of a channel's history only its community's home has: it is asked for it when a member scrolls so far.
extension Home {
    /// A page as the home of the community has it, in the same words; nil when it does not answer, or will not.
    func askForMessages(
        in view: ChannelView, _ page: HistoryPage, of account: Account
    ) async throws(HomeError) -> [ChannelMessage]? {
        let events = try await askForEvents("messages", page, view, account)
        return events?.compactMap { event in
            if case .channelMessage(let message) = event { message } else { nil }
        }
    }

    func askForEvents(
        in view: ChannelView, after seq: Int64, limit: Int, of account: Account
    ) async throws(HomeError) -> [ConversationEvent]? {
        try await askForEvents("events", HistoryPage(.after(seq), limit: limit), view, account)
    }

    /// Asks for so few at a time that the longest messages fit into an answer: to a client a page that is short is the last one.
    private func askForEvents(
        _ list: String, _ page: HistoryPage, _ view: ChannelView, _ account: Account
    ) async throws(HomeError) -> [ConversationEvent]? {
        var found: [CopiedEvent] = []
        var position = page.position
        while found.count < page.limit {
            let part = HistoryPage(position, limit: min(page.limit - found.count, Limits.carriedHistory))
            guard let events = try await askOnce(list, part, view, account) else { return nil }
            switch position {
            case .latest, .before:
                found = events + found
                if let first = events.first { position = .before(first.seq) }
            case .after:
                found += events
                if let last = events.last { position = .after(last.seq) }
            }
            guard events.count == part.limit else { break }
        }
        return found.map { $0.event(in: view.community.id, view.channel.id) }
    }

    private func askOnce(
        _ list: String, _ page: HistoryPage, _ view: ChannelView, _ account: Account
    ) async throws(HomeError) -> [CopiedEvent]? {
        guard let host = view.community.host else { return nil }
        let cursor =
            switch page.position {
            case .latest: ""
            case .before(let seq): "&before=\(seq)"
            case .after(let seq): "&after=\(seq)"
            }
        let target = "/api/v1/channels/\(view.channel.id)/\(list)?limit=\(page.limit)\(cursor)"
        let answer: CarriedAnswer
        do throws(HomeError) {
            answer = try await ask(host.name, CarriedCall(user: account.id, method: "GET", target: target))
        } catch .remoteUnreachable {
            return nil
        }
        guard answer.status == 200, let body = answer.body,
            let object = try? JSON.parse(body, limits: .link).object,
            let entries = try? object.objects(list, maxCount: page.limit)
        else { return nil }
        var events: [CopiedEvent] = []
        for entry in entries {
            guard let event = try? CopiedEvent(entry) else { return nil }
            events.append(event)
        }
        return events
    }
}
