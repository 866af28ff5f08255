import Wire

/// What the receiver of an ephemeral request asks of its sender.
package struct EphemeralAnswer: Sendable, Equatable {
    /// False when something newer was taken before.
    package let isTaken: Bool
    /// The receiver does not have everything: it has just started, or had lost sight of the sender.
    package let wantsSnapshot: Bool
    /// The sender speaks of friendships that the receiver does not know.
    package let wantsRosters: Bool

    package init(isTaken: Bool, wantsSnapshot: Bool, wantsRosters: Bool) {
        self.isTaken = isTaken
        self.wantsSnapshot = wantsSnapshot
        self.wantsRosters = wantsRosters
    }
}

extension Home {
    /// Takes a request of a peer's ephemeral lane: keeps what it says of friends of users here, and tells them. Whoever is nobody's
    /// friend here leaves no trace. The caller has verified that the request comes from `peer`.
    package func receivePresence(
        _ position: EphemeralPosition, _ items: [PresenceItem], from peer: Peer
    ) async throws(HomeError) -> EphemeralAnswer {
        var statuses: [(user: UserID, shown: ShownPresence)] = []
        var probes: [(from: UserID, of: UserID)] = []
        for item in items {
            switch item {
            case .status(let user, let shown):
                guard user.server == peer.name else { throw .invalid(field: "items", problem: "name another's user") }
                statuses.append((user, shown))
            case .probe(let from, let user):
                guard from.server == peer.name, user.server == server else {
                    throw .invalid(field: "items", problem: "ask in another's name")
                }
                probes.append((from, user))
            }
        }
        let friends =
            statuses.isEmpty ? [:] : try await presenceStore.localFriends(of: statuses.map(\.user))
        let known = statuses.filter { friends[$0.user] != nil }
        let outcome = presence.receive(position, known, from: peer.key)
        let told = outcome.changed.compactMap { user in
            friends[user].map { FriendStatus(to: $0, user: user, presence.shown(user, of: peer.key)) }
        }
        if !told.isEmpty { delivery.deliver(told) }
        // Who is in no part of a snapshot was not in this request either.
        try await tellLapsed(outcome.changed.filter { friends[$0] == nil }.map { ($0, peer.key) })
        var wantsRosters = known.count < statuses.count
        for probe in probes where try await !answer(probe, by: peer) { wantsRosters = true }
        return EphemeralAnswer(
            isTaken: outcome.isTaken, wantsSnapshot: outcome.wantsSnapshot, wantsRosters: wantsRosters)
    }

    /// Announces a user to the homeserver of somebody who is his friend; false when he is none.
    private func answer(_ probe: (from: UserID, of: UserID), by peer: Peer) async throws(HomeError) -> Bool {
        guard let user = try await directory.resolve(probe.of), let from = try await directory.resolve(probe.from),
            try await friendStore.areFriends(user.key, from.key)
        else { return false }
        presence.ask(for: user.key, by: RemotePeer(key: peer.key, name: peer.name))
        return true
    }

    /// A page of what a peer is shown when the link comes up: local users who have a friend there, in the order of their addresses.
    ///
    /// - Parameter address: The last one of the page before; empty for the first.
    package func presenceSnapshot(
        for peer: PeerKey, after address: String, limit: Int
    ) async throws(HomeError) -> [PresenceItem] {
        let users = try await presenceStore.shownTo(peer, after: address, limit: limit)
        let online = presence.shown(among: users.map(\.key))
        return users.map { user in
            .status(user.user, ShownPresence(isOnline: online.contains(user.key), lastSeen: user.lastSeen))
        }
    }
}
