import Logging
import Synchronization
import Wire

/// What keeps copies of other homeservers' communities whole: what they miss is asked for.
extension Home {
    /// Until its task is cancelled. Each homeserver is asked in a task of its own: one that is away or slow holds up no other's communities.
    func runCopyUpkeep() async {
        let asking = HostsAsked()
        var askedAt: [CommunityKey: Duration] = [:]
        var knockedAt = time.monotonic()
        var isFirst = true
        await withDiscardingTaskGroup { tasks in
            while !Task.isCancelled {
                do throws(HomeError) {
                    if isFirst { try await endMembershipsWithBlocked() }
                    isFirst = false
                    try await askForLost(&askedAt)
                    let behind = Dictionary(
                        grouping: try await channelStore.channelsBehind(limit: Self.holesAtOnce), by: \.host)
                    for (host, channels) in behind where asking.begin(host) {
                        tasks.addTask {
                            await self.fillHoles(of: channels.map(\.place))
                            asking.end(host)
                        }
                    }
                    if time.monotonic() - knockedAt > Limits.knockInterval {
                        knockedAt = time.monotonic()
                        for (host, copy) in try await copiesToKnockFor() where asking.begin(host) {
                            tasks.addTask {
                                await self.knock(for: copy)
                                asking.end(host)
                            }
                        }
                    }
                } catch { note(error) }
                try? await Task.sleep(for: Limits.copyUpkeepInterval)
            }
        }
    }

    /// Of one homeserver.
    private static let holesAtOnce = 100

    private func note(_ error: HomeError) {
        guard !Task.isCancelled else { return }
        Logger(label: "home.copies").info(
            "a copy of a community misses something yet", metadata: ["error": "\(error)"])
    }

    private func fillHoles(of channels: [CommunityBoard.Place]) async {
        do throws(HomeError) {
            for channel in channels { try await fillHole(of: channel.channel, in: channel.community) }
        } catch { note(error) }
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

    /// One community of every homeserver of whose communities somebody here is a member.
    private func copiesToKnockFor() async throws(HomeError) -> [PeerKey: Community] {
        var copies: [PeerKey: Community] = [:]
        for key in try await communityStore.copies() {
            guard let copy = try await community(key), let host = copy.host, copies[host.key] == nil else { continue }
            copies[host.key] = copy
        }
        return copies
    }

    /// Asks a homeserver whether it is there: nobody else would notice that it is not.
    private func knock(for copy: Community) async {
        guard let host = copy.host, let member = copy.localMembers.min().flatMap({ copy.members[$0] }) else { return }
        let call = CarriedCall(user: member.id, method: "GET", target: "/api/v1/servers/\(copy.id)/members?limit=1")
        let answer = try? await ask(host.name, call)
        // It knows nothing of a membership that stands here.
        guard answer?.status == 404 else { return }
        do throws(HomeError) { try await writer.submit(MarkBehind(community: copy.key)) } catch { note(error) }
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
                let page = try await events(in: body, of: copy, place.id, incarnation),
                // What does not go on would be asked for without end.
                page.events.first.map({ $0.seq > lastSeq }) ?? true
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

/// The homeservers that are being asked for something. State: a `Mutex`.
private final class HostsAsked: Sendable {
    private let hosts = Mutex<Set<PeerKey>>([])

    /// - Returns: False when it is being asked already.
    func begin(_ host: PeerKey) -> Bool { hosts.withLock { $0.insert(host).inserted } }

    func end(_ host: PeerKey) { _ = hosts.withLock { $0.remove(host) } }
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
            // Nor is one that cannot be taken.
            let taken = batch.conversations[channel.value]?.lastSeq ?? 0
            batch.conversations[channel.value]?.lastSeq = max(taken, event.seq)
        }
        if !events.isEmpty { batch.touchedConversations.insert(channel.value) }
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
