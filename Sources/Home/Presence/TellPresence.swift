import Logging
import Wire

extension Home {
    /// Between two passes: what happens meanwhile is told together.
    private static let pauseBetweenPasses = Duration.milliseconds(50)
    private static let pauseAfterFailure = Duration.seconds(1)
    /// Users of one query: each may have many friends.
    private static let presenceChunk = 100

    /// Tells others who comes and goes, until its task is cancelled; then notes when those who are still shown were last seen.
    func runPresence() async {
        let logger = Logger(label: "home.presence")
        var refreshAt = time.monotonic() + Limits.lastSeenInterval
        while !Task.isCancelled {
            do throws(HomeError) {
                try await tellPresence()
                if time.monotonic() >= refreshAt {
                    refreshAt = time.monotonic() + Limits.lastSeenInterval
                    try await refreshLastSeen()
                }
            } catch {
                logger.warning("who came and went could not be told yet", metadata: ["error": "\(error)"])
                try? await Task.sleep(for: Self.pauseAfterFailure)
                continue
            }
            await presence.signal.wait(atMost: presence.wait)
            try? await Task.sleep(for: Self.pauseBetweenPasses)
        }
        // A task of its own: this one is cancelled.
        _ = await Task { try? await self.refreshLastSeen() }.value
    }

    /// One pass: reads the accounts of those who have come, notes when those who went were last seen, tells friends here and, once
    /// a peer, the homeservers of friends elsewhere. Whatever could not be done is kept for the next one.
    package func tellPresence() async throws(HomeError) {
        let work = presence.takeWork()
        guard !work.isEmpty else { return }
        do throws(HomeError) {
            for chunk in work.unread.chunks(of: Self.presenceChunk) {
                let accounts = try await presenceStore.areInvisible(chunk)
                for account in accounts { presence.read(account.user, isInvisible: account.isInvisible) }
                // An account that is gone is shown to nobody.
                for user in Set(chunk).subtracting(accounts.map(\.user)) { presence.read(user, isInvisible: true) }
            }
            try await tell(work.changed)
            try await tellNewFriends(work)
            try await tellLapsed(work.remote)
        } catch {
            presence.putBack(work)
            throw error
        }
    }

    private func refreshLastSeen() async throws(HomeError) {
        let minute = time.now().wholeMinute
        for chunk in presence.online.sorted().chunks(of: 1000) {
            try await presenceStore.saveLastSeen(chunk.map { ($0, minute) })
        }
    }

    private func tell(_ changes: [UserKey: PresenceStateMachine.Change]) async throws(HomeError) {
        for users in changes.keys.sorted().chunks(of: Self.presenceChunk) {
            let left: [(user: UserKey, at: Instant)] = users.compactMap { user in
                guard case .offline(let at) = changes[user] else { return nil }
                return (user, at)
            }
            if !left.isEmpty { try await presenceStore.saveLastSeen(left) }
            var statuses: [UserID: FriendStatus] = [:]
            var announcements: [UserID: [PeerKey: PeerAnnouncement]] = [:]
            for watcher in try await presenceStore.watchers(of: users) {
                let shown = ShownPresence(isOnline: changes[watcher.owner] == .online, lastSeen: watcher.lastSeen)
                if let peer = watcher.peer {
                    announcements[watcher.user, default: [:]][peer.key] = PeerAnnouncement(
                        peer: peer.key, server: peer.name, item: .status(watcher.user, shown))
                } else {
                    let others = statuses[watcher.user]?.recipients ?? []
                    statuses[watcher.user] = FriendStatus(
                        to: others + [watcher.watcher], user: watcher.user, shown)
                }
            }
            if !statuses.isEmpty { delivery.deliver(Array(statuses.values)) }
            if !announcements.isEmpty { delivery.announce(announcements.values.flatMap(\.values)) }
        }
    }

    /// Two who have become friends see each other from now on; and who a peer has asked after is announced to it.
    private func tellNewFriends(_ work: PresenceBoard.Work) async throws(HomeError) {
        guard !(work.befriended.isEmpty && work.asked.isEmpty) else { return }
        // Between the friendship and this pass it may have ended.
        let friends = try await presenceStore.areFriends(work.befriended.map { ($0.key, $1.key) })
        let pairs = work.befriended.filter { friends.contains(RosterPair(owner: $0.key, other: $1.key)) }
            .flatMap { [($0, $1), ($1, $0)] }
        let locals = pairs.map(\.0).filter { $0.peer == nil }.map(\.key) + work.asked.map(\.0)
        let lastSeen = try await presenceStore.lastSeen(locals)
        func shown(_ user: UserKey) -> ShownPresence {
            ShownPresence(isOnline: presence.isShown(user), lastSeen: lastSeen[user])
        }
        var statuses: [FriendStatus] = []
        var announcements: [PeerAnnouncement] = []
        for (user, other) in pairs where user.peer == nil {
            guard let peer = other.peer else {
                statuses.append(FriendStatus(to: [other.key], user: user.id, shown(user.key)))
                continue
            }
            statuses.append(FriendStatus(to: [user.key], user: other.id, presence.shown(other.id, of: peer.key)))
            for item in [PresenceItem.status(user.id, shown(user.key)), .probe(from: user.id, of: other.id)] {
                announcements.append(PeerAnnouncement(peer: peer.key, server: peer.name, item: item))
            }
        }
        for (key, peer) in work.asked {
            guard let user = try await directory.resolve(key) else { continue }
            announcements.append(
                PeerAnnouncement(peer: peer.key, server: peer.name, item: .status(user.id, shown(key))))
        }
        if !statuses.isEmpty { delivery.deliver(statuses) }
        if !announcements.isEmpty { delivery.announce(announcements) }
    }

    /// Nothing was heard of these users' homeservers for as long as they are believed. What has been heard since then counts.
    func tellLapsed(_ users: [(user: UserID, peer: PeerKey)]) async throws(HomeError) {
        for chunk in users.chunks(of: Self.presenceChunk) {
            let friends = try await presenceStore.localFriends(of: chunk.map(\.user))
            delivery.deliver(
                chunk.compactMap { user, peer in
                    friends[user].map { FriendStatus(to: $0, user: user, presence.shown(user, of: peer)) }
                })
        }
    }
}

extension Array {
    /// Its elements in order, at most so many at a time.
    func chunks(of size: Int) -> [[Element]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
