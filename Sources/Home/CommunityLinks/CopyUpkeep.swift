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

    /// One that cannot be filled is in the way of no other, but for a homeserver that does not answer.
    private func fillHoles(of channels: [CommunityBoard.Place]) async {
        for channel in channels {
            do throws(HomeError) {
                try await fillHole(of: channel.channel, in: channel.community)
            } catch {
                note(error)
                if case .remoteUnreachable = error { return }
            }
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

/// A copy's home will be asked to tell everything anew, in the Writer.
struct MarkBehind: WriteUnit {
    let community: CommunityKey

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.insert(community)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        guard let copy = batch.communities[community], copy.host != nil, copy.incarnation != nil else { return }
        batch.markBehind(community)
    }
}
