package import Wire

/// A report as those see it who handle them.
package struct Report: Sendable {
    package let id: ReportID
    package let channel: ConversationID
    let channelKey: ChannelKey
    package let message: MessageID
    package let author: UserID
    /// What it says now; empty when it was deleted.
    package let text: String
    package let reporter: UserID
    package let reason: String
    package let createdAt: Instant
    package let closedBy: UserID?
    package let closedAt: Instant?
    package let note: String?
}

extension Home {
    /// Tells the moderators of a community of a message.
    package func report(
        _ message: MessageID, in channel: ConversationID, reason: String, by account: Account
    ) async throws(HomeError) -> ReportID {
        guard let reason = try CommunityRules.reason(reason) else {
            throw .invalid(field: "reason", problem: "must not be empty")
        }
        let view = try await self.channel(channel, of: account)
        let key = view.channel.key
        let id: ReportID = ids.next()
        let event: EventID = ids.next()
        try await change(
            view.community.key, by: account, event: event,
            needs: {
                $0.messages.insert(message)
                $0.counts.insert(MemberPlace(community: view.community.key, user: account.key))
            },
            { (batch, before, actor) throws(HomeError) in
                guard let channel = before.channels[key],
                    before.permissions(of: actor.user, in: channel, at: batch.now)
                        .isSuperset(of: [.viewChannel, .readHistory]),
                    let stored = batch.messagesByID[message], stored.conversation == key.value, !stored.isDeleted
                else { throw .notFound("this channel has no such message") }
                let adder = MemberPlace(community: before.key, user: actor.user)
                var counts = batch.counts[adder] ?? CommunityCounts()
                guard counts.openReports.all < Limits.openReports,
                    counts.openReports.own < Limits.openReportsOfMember
                else { throw .conflict("as many reports are open as may be") }
                counts.openReports.add()
                batch.counts[adder] = counts
                batch.reports[id] = StoredReport(
                    id: id, community: before.key, channel: key, message: message, author: stored.author,
                    reporter: actor.user,
                    reason: reason, createdAt: batch.now)
                batch.rows.reports.insert(id)
                batch.log(
                    LogEntry(.createReport, target: id.description), of: before.key, event: event, by: actor.user)
                batch.tellReport(id, isOpen: true, in: key, of: before)
                batch.relay(id, isOpen: true, in: channel.id, of: before, by: ResolvedUser(account))
            })
        return id
    }

    package func reports(
        of id: CommunityID, isOpen: Bool?, for account: Account
    ) async throws(HomeError) -> [Report] {
        let community = try await community(id, of: account)
        try community.standing(of: account.key)?.require(.handleReports, at: time.now())
        let reports = try await communityStore.reports(of: community.key, isOpen: isOpen)
        return reports.filter { community.handles($0.channelKey, account.key) }
    }

    package func closeReport(
        _ report: ReportID, in id: CommunityID, note: String?, by account: Account
    ) async throws(HomeError) {
        let note = try CommunityRules.text(note, field: "note", atMost: Limits.reasonCodePoints)
        let event: EventID = ids.next()
        try await change(
            id, by: account, event: event, needs: { $1.reports.insert(report) },
            {
                (batch, before, actor) throws(HomeError) in
                try actor.require(.handleReports, at: batch.now)
                guard var stored = batch.reports[report], stored.community == before.key,
                    before.handles(stored.channel, actor.user)
                else { throw .notFound("this community has no such report") }
                guard stored.closedAt == nil else { throw .conflict("this report is closed") }
                stored.closedBy = actor.user
                stored.closedAt = batch.now
                stored.note = note
                batch.reports[report] = stored
                batch.rows.reports.insert(report)
                batch.log(
                    LogEntry(.closeReport, target: report.description, reason: note), of: before.key, event: event,
                    by: actor.user)
                batch.tellReport(report, isOpen: false, in: stored.channel, of: before)
            })
    }
}

extension Batch {
    fileprivate mutating func tellReport(
        _ id: ReportID, isOpen: Bool, in channel: ChannelKey, of community: Community
    ) {
        tell(
            Event(
                to: community.local(with: .handleReports, seeing: channel, at: now),
                .reportChanged(ReportChange(community: community.id, id: id, isOpen: isOpen))))
    }
}

extension Community {
    /// Whether reports of a channel are for somebody: he sees it, or it is gone and he is beyond rules.
    fileprivate func handles(_ channel: ChannelKey, _ user: UserKey) -> Bool {
        guard let member = members[user] else { return false }
        return channels[channel].map { sees(member, $0) } ?? standing(of: member).isBeyondRules
    }
}
