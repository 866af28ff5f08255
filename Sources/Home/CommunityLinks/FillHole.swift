import Wire

/// What a copied channel misses is fetched from its home, carried for a member who may read it: through the highest number that the lane or a
/// snapshot has named. What is behind it comes by the lane, after whatever it says before that of who sees what.
extension Home {
    func fillHole(of channel: ChannelKey, in key: CommunityKey) async throws(HomeError) {
        while !Task.isCancelled {
            guard let copy = try await community(key), !copy.isBehind, let host = copy.host,
                let incarnation = copy.incarnation, let place = copy.channels[channel],
                let through = place.behindThrough
            else { return }
            let lastSeq = try await channelStore.positions(of: [channel], for: UserKey(0)).first?.lastSeq ?? 0
            guard let reader = copy.readers(of: channel).lazy.compactMap({ copy.members[$0] }).first else {
                return try await writer.submit(SkipHole(community: key, channel: channel, incarnation: incarnation))
            }
            let target = "/api/v1/channels/\(place.id)/events?after=\(lastSeq)&limit=\(Limits.carriedHistory)"
            let answer = try await ask(host.name, CarriedCall(user: reader.id, method: "GET", target: target))
            // It is asked again.
            guard answer.status != 429, answer.status < 500 else { return }
            guard answer.status == 200, let body = answer.body,
                let page = try await events(in: body, of: copy, place.id, incarnation), page.goesOn(lastSeq, through)
            else {
                // It says something else than before of the channel, or of who may read it.
                return try await writer.submit(MarkBehind(community: key))
            }
            try await writer.submit(
                FillHole(
                    community: key, channel: channel, host: host, incarnation: incarnation, after: lastSeq,
                    through: through, events: page.events))
            guard !page.events.isEmpty else { return }
        }
    }

    /// What a community's home has of a channel behind a number, as the client API tells it.
    private struct Page {
        let events: [FillHole.Event]
        let lastSeq: Int64

        /// Whether it is of what is missing: the same would be asked for without end, and a channel does not become shorter.
        func goesOn(_ last: Int64, _ through: Int64) -> Bool {
            events.first.map { $0.seq > last } ?? (lastSeq >= through)
        }
    }

    /// Nil when it is no page.
    private func events(
        in body: [UInt8], of copy: Community, _ channel: ConversationID, _ incarnation: String
    ) async throws(HomeError) -> Page? {
        do {
            let json = try JSON.parse(body, limits: .link)
            guard let object = json.object else { return nil }
            var events: [FillHole.Event] = []
            for entry in try object.objects("events", maxCount: Limits.carriedHistory) {
                let event = try CopiedEvent(entry)
                guard let author = try await directory.resolve(event.author, meeting: true) else { return nil }
                events.append(
                    FillHole.Event(
                        seq: event.seq, effect: event.effect(in: copy.id, channel, incarnation, by: author)))
            }
            return Page(events: events, lastSeq: try object.integer("last_seq", in: 0...Limits.largestNumber))
        } catch let error as HomeError {
            throw error
        } catch {
            return nil
        }
    }
}

/// A page of what a copied channel missed, in the Writer.
struct FillHole: WriteUnit {
    struct Event: Sendable {
        let seq: Int64
        let effect: any CommunityEffect
    }

    let community: CommunityKey
    let channel: ChannelKey
    let host: RemotePeer
    /// Whose numbers these are.
    let incarnation: String
    /// Behind which it was asked for.
    let after: Int64
    /// Through which it is wanted.
    let through: Int64
    /// Ascending; without any there is nothing behind `after`.
    let events: [Event]

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.channels.insert(channel)
        for event in events { event.effect.declare(&needs) }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        // While it was under way all may have been told anew, of another life of its home's database too, or has to be.
        guard let copy = batch.communities[community], copy.host == host, copy.incarnation == incarnation,
            !copy.isBehind, !batch.rows.behindHosts.contains(host.key), var place = copy.channels[channel],
            let named = place.behindThrough, batch.conversations[channel.value]?.lastSeq == after
        else { return }
        let through = min(through, named)
        for event in events where event.seq <= through {
            // Numbers that its home does not show are none that will come.
            advance(through: event.seq - 1, in: &batch)
            _ = event.effect.apply(to: &batch, by: host)
            // Nor is one that cannot be taken.
            advance(through: event.seq, in: &batch)
        }
        if events.last.map({ $0.seq >= through }) ?? true { advance(through: through, in: &batch) }
        batch.touchedConversations.insert(channel.value)
        guard batch.conversations[channel.value]?.lastSeq ?? 0 >= named else { return }
        place.behindThrough = nil
        batch.setChannel(place, of: community)
        tellWhoMayNotRead(copy, &batch)
    }

    private func advance(through seq: Int64, in batch: inout Batch) {
        let last = batch.conversations[channel.value]?.lastSeq ?? 0
        batch.conversations[channel.value]?.lastSeq = max(last, seq)
    }

    /// They were told nothing of what came, and cannot ask for it: their clients learn how far the channel is now.
    private func tellWhoMayNotRead(_ copy: Community, _ batch: inout Batch) {
        let others = Set(copy.viewers(of: channel)).subtracting(copy.readers(of: channel))
        guard !others.isEmpty else { return }
        batch.tellCommunity(community, .member, reason: .resynced, to: others.sorted())
    }
}

/// Nobody here may read what a copied channel misses, in the Writer: it goes on behind that.
struct SkipHole: WriteUnit {
    let community: CommunityKey
    let channel: ChannelKey
    let incarnation: String

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.channels.insert(channel)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let copy = batch.communities[community], copy.host != nil, copy.incarnation == incarnation,
            let place = copy.channels[channel], let through = place.behindThrough,
            copy.readers(of: channel).isEmpty
        else { return }
        _ = batch.skipHole(in: place, of: copy, through: through)
    }
}
