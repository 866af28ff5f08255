import Logging
import Wire

/// What keeps copies of other homeservers' communities whole: what they miss is asked for.
extension Home {
    /// Until its task is cancelled.
    func runCopyUpkeep() async {
        let logger = Logger(label: "home.copies")
        var askedAt: [CommunityKey: Duration] = [:]
        var knockedAt = time.monotonic()
        var isFirst = true
        while !Task.isCancelled {
            do throws(HomeError) {
                if isFirst { try await endMembershipsWithBlocked() }
                isFirst = false
                try await askForLost(&askedAt)
                for channel in try await channelStore.channelsBehind(limit: 100) {
                    try await fillHole(of: channel.channel, in: channel.community)
                }
                if time.monotonic() - knockedAt > Limits.knockInterval {
                    knockedAt = time.monotonic()
                    try await knock()
                }
            } catch {
                if !Task.isCancelled {
                    logger.info("a copy of a community misses something yet", metadata: ["error": "\(error)"])
                }
            }
            try? await Task.sleep(for: Limits.copyUpkeepInterval)
        }
    }

    /// Asks the homes of communities of which events were lost to tell everything anew.
    private func askForLost(_ askedAt: inout [CommunityKey: Duration]) async throws(HomeError) {
        let behind = try await communityStore.copiesBehind(limit: 1000)
        let now = time.monotonic()
        askedAt = askedAt.filter { behind.contains($0.key) && now - $0.value < Limits.resyncInterval }
        for key in behind where askedAt[key] == nil {
            askedAt[key] = now
            try await writer.submit(AskForAll(community: key))
        }
    }

    /// Asks every homeserver of whose communities somebody here is a member whether it is there: nobody else would notice that it is not.
    private func knock() async throws(HomeError) {
        var known: Set<ServerName> = []
        for key in try await communityStore.copies() {
            guard !Task.isCancelled, let copy = try await community(key), let host = copy.host,
                known.insert(host.name).inserted, let member = copy.localMembers.min().flatMap({ copy.members[$0] })
            else { continue }
            let call = CarriedCall(
                user: member.id, method: "GET", target: "/api/v1/servers/\(copy.id)/members?limit=1")
            let answer = try? await ask(host.name, call)
            // It knows nothing of a membership that stands here.
            if answer?.status == 404 { try await writer.submit(MarkBehind(community: key)) }
        }
    }

    /// Fetches what a copied channel misses and takes it in its order.
    func fillHole(of channel: ChannelKey, in key: CommunityKey) async throws(HomeError) {
        while !Task.isCancelled {
            guard let copy = try await community(key), let host = copy.host, let incarnation = copy.incarnation,
                let place = copy.channels[channel], place.isBehind
            else { return }
            let readers = copy.viewers(of: channel).compactMap { copy.members[$0] }
            let reader = readers.first { member in
                copy.permissions(of: member, in: place, at: time.now()).contains(.readHistory)
            }
            let lastSeq = try await channelStore.positions(of: [channel], for: UserKey(0)).first?.lastSeq ?? 0
            guard let reader else {
                // Nobody here may read what is missing.
                return try await writer.submit(
                    FillHole(community: key, channel: channel, host: host, events: [], through: nil))
            }
            let target = "/api/v1/channels/\(place.id)/events?after=\(lastSeq)&limit=\(Limits.carriedHistory)"
            let answer = try await ask(host.name, CarriedCall(user: reader.id, method: "GET", target: target))
            guard answer.status == 200, let body = answer.body,
                let page = try await events(in: body, of: copy, place.id, incarnation)
            else { return try await writer.submit(MarkBehind(community: key)) }
            try await writer.submit(
                FillHole(community: key, channel: channel, host: host, events: page.events, through: page.lastSeq))
            guard !page.events.isEmpty else { return }
        }
    }

    /// Events as the client API has them; nil when they are none.
    private func events(
        in body: [UInt8], of copy: Community, _ channel: ConversationID, _ incarnation: String
    ) async throws(HomeError) -> (events: [FillHole.Event], lastSeq: Int64)? {
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
            return (events, try object.integer("last_seq", in: 0...Limits.largestNumber))
        } catch let error as HomeError {
            throw error
        } catch {
            return nil
        }
    }
}

/// Asks a copy's home for everything, in the Writer.
private struct AskForAll: WriteUnit {
    let community: CommunityKey

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let copy = batch.communities[community], copy.isBehind, let host = copy.host else { return }
        batch.askForAll(of: copy, from: host)
    }
}

private struct MarkBehind: WriteUnit {
    let community: CommunityKey

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let copy = batch.communities[community], copy.host != nil, copy.incarnation != nil else { return }
        batch.markBehind(community)
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
    /// Ascending.
    let events: [Event]
    /// The channel's last number at its home; nil when nobody here may know.
    let through: Int64?

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
        needs.channels.insert(channel)
        for event in events { event.effect.declare(&needs) }
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard batch.communities[community]?.host == host else { return }
        for event in events {
            // Numbers that its home does not show are none that will come.
            let last = batch.conversations[channel.value]?.lastSeq ?? 0
            if event.seq > last + 1 { batch.conversations[channel.value]?.lastSeq = event.seq - 1 }
            _ = event.effect.apply(to: &batch, by: host)
        }
        let last = batch.conversations[channel.value]?.lastSeq ?? 0
        guard var place = batch.communities[community]?.channels[channel], place.isBehind,
            events.isEmpty || last >= through ?? 0
        else { return }
        if let through, events.isEmpty, last < through {
            batch.conversations[channel.value]?.lastSeq = through
            batch.touchedConversations.insert(channel.value)
        }
        place.isBehind = false
        batch.setChannel(place, of: community)
    }
}
