import Wire

/// What of a channel's history only its community's home has: it is asked for it when a member scrolls so far.
extension Home {
    /// A page as the home of the community has it, in the same words; nil when it does not answer, or will not.
    func askForMessages(
        in view: ChannelView, _ page: HistoryPage, of account: Account
    ) async throws(HomeError) -> [ChannelMessage]? {
        let cursor =
            switch page.position {
            case .latest: ""
            case .before(let seq): "&before=\(seq)"
            case .after(let seq): "&after=\(seq)"
            }
        let events = try await askForEvents("messages?limit=\(page.limit)\(cursor)", list: "messages", view, account)
        return events?.compactMap { event in
            if case .channelMessage(let message) = event { message } else { nil }
        }
    }

    func askForEvents(
        in view: ChannelView, after seq: Int64, limit: Int, of account: Account
    ) async throws(HomeError) -> [ConversationEvent]? {
        try await askForEvents("events?after=\(seq)&limit=\(limit)", list: "events", view, account)
    }

    private func askForEvents(
        _ target: String, list: String, _ view: ChannelView, _ account: Account
    ) async throws(HomeError) -> [ConversationEvent]? {
        guard let host = view.community.host else { return nil }
        let answer: CarriedAnswer
        do throws(HomeError) {
            answer = try await ask(
                host.name,
                CarriedCall(
                    user: account.id, method: "GET", target: "/api/v1/channels/\(view.channel.id)/\(target)"))
        } catch .remoteUnreachable {
            return nil
        }
        guard answer.status == 200, let body = answer.body,
            let object = try? JSON.parse(body, limits: JSONLimits(nodes: Limits.peerJSONNodes)).object,
            let entries = try? object.objects(list, maxCount: HistoryPage.maximumLimit)
        else { return nil }
        var events: [ConversationEvent] = []
        for entry in entries {
            guard let event = try? CopiedEvent(entry) else { return nil }
            events.append(event.event(in: view.community.id, view.channel.id))
        }
        return events
    }
}
