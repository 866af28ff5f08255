import Postgres
import Wire

/// The reads of rosters, friend requests and blocks.
struct FriendStore: Sendable {
    let database: PostgresClient

    /// Somebody whom a user is friends with or has blocked, with what the database knows of his presence.
    struct Acquaintance: Sendable {
        let key: UserKey
        let user: UserID
        let peer: RemotePeer?
        let isBlocked: Bool
        let since: Instant
        let lastSeen: Instant?
    }

    func acquaintances(of owner: UserKey) async throws(HomeError) -> [Acquaintance] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT u.key, u.address, u.peer, p.name, r.state = 'blocked', r.since,
                    CASE WHEN a.show_last_seen THEN a.last_seen END
                FROM roster r
                JOIN users u ON u.key = r.other
                LEFT JOIN peers p ON p.key = u.peer
                LEFT JOIN accounts a ON a.key = u.key
                WHERE r.owner = \(owner.value) AND r.state IN ('friends', 'blocked') ORDER BY u.address
                """)
            var people: [Acquaintance] = []
            people.reserveCapacity(rows.count)
            for row in 0..<rows.count {
                people.append(
                    Acquaintance(
                        key: UserKey(try rows.int64(row, 0)), user: try rows.user(row, 1),
                        peer: try rows.peer(row, 2), isBlocked: try rows.bool(row, 4),
                        since: try rows.instant(row, 5), lastSeen: try rows.optionalInstant(row, 6)))
            }
            return people
        } catch { throw HomeError(error) }
    }

    /// Whether one has blocked another.
    func hasBlocked(_ other: UserKey, by owner: UserKey) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                """
                SELECT EXISTS (
                    SELECT FROM roster WHERE owner = \(owner.value) AND other = \(other.value) AND state = 'blocked')
                """, as: Bool.self)
        }
    }

    /// The local users who have blocked somebody.
    func blockers(of other: UserKey) async throws(HomeError) -> Set<UserKey> {
        let keys = try await HomeError.mapping { () async throws(PostgresError) in
            try await database.query(
                "SELECT owner FROM roster WHERE other = \(other.value) AND state = 'blocked'", as: Int64.self)
        }
        return Set(keys.map { UserKey($0) })
    }

    /// Whether these two are friends, as the first one's side has it.
    func areFriends(_ owner: UserKey, _ other: UserKey) async throws(HomeError) -> Bool {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                """
                SELECT EXISTS (
                    SELECT FROM roster WHERE owner = \(owner.value) AND other = \(other.value) AND state = 'friends')
                """, as: Bool.self)
        }
    }

    func countBlocked(by owner: UserKey) async throws(HomeError) -> Int {
        try await HomeError.mapping { () async throws(PostgresError) in
            try await database.one(
                "SELECT count(*) FROM roster WHERE owner = \(owner.value) AND state = 'blocked'", as: Int.self)
        }
    }

    /// Open requests, in and out, oldest first.
    func requests(of owner: UserKey) async throws(HomeError) -> [FriendRequest] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT u.address, r.state, q.id, q.created_at,
                    coalesce(q.out_seq > l.acked, false)
                FROM roster r
                JOIN users u ON u.key = r.other
                JOIN friend_requests q ON q.id = r.request
                LEFT JOIN outbound_links l ON l.peer = u.peer
                WHERE r.owner = \(owner.value) AND r.state IN ('incoming', 'outgoing')
                ORDER BY q.created_at, q.id
                """)
            var requests: [FriendRequest] = []
            for row in 0..<rows.count {
                requests.append(
                    FriendRequest(
                        id: try rows.id(row, 2), user: try rows.user(row, 0),
                        direction: try rows.text(row, 1) == "incoming" ? .incoming : .outgoing,
                        state: try rows.bool(row, 4) ? .queued : .pending, timestamp: try rows.instant(row, 3)))
            }
            return requests
        } catch { throw HomeError(error) }
    }

    /// The requests that wait for this user: those of one peer's people, and all. Those of people who are blocked count as well: else
    /// whether there is room for one more would tell of the block.
    func openRequests(to owner: UserKey, from peer: PeerKey) async throws(HomeError) -> OpenRequests {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT count(*) FILTER (WHERE u.peer = \(peer.value)), count(*)
                FROM roster r JOIN users u ON u.key = r.other
                WHERE r.owner = \(owner.value) AND (r.state = 'incoming' OR (r.state = 'blocked' AND r.request IS NOT NULL))
                """)
            return OpenRequests(ofPeer: Int(try rows.int64(0, 0)), all: Int(try rows.int64(0, 1)))
        } catch { throw HomeError(error) }
    }

    /// Whether the two have a request or a friendship already; a block alone is neither.
    func isKnown(_ other: UserID, to owner: UserKey) async throws(HomeError) -> Bool {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT 1 FROM roster r JOIN users u ON u.key = r.other
                WHERE r.owner = \(owner.value) AND u.address = \(other.text) AND r.state <> 'none'
                  AND (r.state <> 'blocked' OR r.request IS NOT NULL)
                """)
            return rows.count > 0
        } catch { throw HomeError(error) }
    }

    /// The other person of a request of this user, whatever became of it.
    func partner(in id: FriendRequestID, of owner: UserKey) async throws(HomeError) -> ResolvedUser? {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT u.key, u.address, u.peer, p.name
                FROM friend_requests q
                JOIN users u ON u.key = CASE WHEN q.requester = \(owner.value) THEN q.receiver ELSE q.requester END
                LEFT JOIN peers p ON p.key = u.peer
                WHERE q.id = \(id) AND \(owner.value) IN (q.requester, q.receiver)
                """)
            guard rows.count > 0 else { return nil }
            return ResolvedUser(
                key: UserKey(try rows.int64(0, 0)), id: try rows.user(0, 1), peer: try rows.peer(0, 2))
        } catch { throw HomeError(error) }
    }
}

extension Home {
    package func friends(of account: Account) async throws(HomeError) -> [Friend] {
        friends(among: try await friendStore.acquaintances(of: account.key))
    }

    package func blocks(of account: Account) async throws(HomeError) -> [Block] {
        Self.blocks(among: try await friendStore.acquaintances(of: account.key))
    }

    /// Their presence is read after their names: whatever changes later is told by `friend-status-changed`.
    func friends(among people: [FriendStore.Acquaintance]) -> [Friend] {
        people.filter { !$0.isBlocked }.map { person in
            let presence =
                if let peer = person.peer {
                    presence.shown(person.user, of: peer.key)
                } else {
                    ShownPresence(isOnline: presence.isShown(person.key), lastSeen: person.lastSeen)
                }
            return Friend(user: person.user, since: person.since, presence: presence)
        }
    }

    static func blocks(among people: [FriendStore.Acquaintance]) -> [Block] {
        people.filter(\.isBlocked).map { Block(user: $0.user, since: $0.since) }
    }

    package func friendRequests(of account: Account) async throws(HomeError) -> [FriendRequest] {
        try await friendStore.requests(of: account.key)
    }
}
