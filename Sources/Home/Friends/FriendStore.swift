import Postgres
import Wire

/// The reads of rosters and friend requests.
struct FriendStore: Sendable {
    let database: PostgresClient

    func friends(of owner: UserKey) async throws(HomeError) -> [Friend] {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT u.address, r.since FROM roster r JOIN users u ON u.key = r.other
                WHERE r.owner = \(owner.value) AND r.state = 'friends' ORDER BY u.address
                """)
            var friends: [Friend] = []
            for row in 0..<rows.count {
                friends.append(Friend(user: try user(rows, row, 0), since: try rows.instant(row, 1)))
            }
            return friends
        } catch { throw HomeError(error) }
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
                        id: try rows.id(row, 2), user: try user(rows, row, 0),
                        direction: try rows.text(row, 1) == "incoming" ? .incoming : .outgoing,
                        state: try rows.bool(row, 4) ? .queued : .pending, timestamp: try rows.instant(row, 3)))
            }
            return requests
        } catch { throw HomeError(error) }
    }

    /// The requests that wait for this user: those of one peer's people, and all.
    func openRequests(to owner: UserKey, from peer: PeerKey) async throws(HomeError) -> OpenRequests {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT count(*) FILTER (WHERE u.peer = \(peer.value)), count(*)
                FROM roster r JOIN users u ON u.key = r.other
                WHERE r.owner = \(owner.value) AND r.state = 'incoming'
                """)
            return OpenRequests(ofPeer: Int(try rows.int64(0, 0)), all: Int(try rows.int64(0, 1)))
        } catch { throw HomeError(error) }
    }

    /// Whether the two have a request or a friendship already.
    func isKnown(_ other: UserID, to owner: UserKey) async throws(HomeError) -> Bool {
        do throws(PostgresError) {
            let rows = try await database.query(
                """
                SELECT 1 FROM roster r JOIN users u ON u.key = r.other
                WHERE r.owner = \(owner.value) AND u.address = \(other.text) AND r.state <> 'none'
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
            var peer: RemotePeer?
            if let key = try rows.optionalInt64(0, 2), let name = ServerName(try rows.text(0, 3)) {
                peer = RemotePeer(key: PeerKey(key), name: name)
            }
            return ResolvedUser(key: UserKey(try rows.int64(0, 0)), id: try user(rows, 0, 1), peer: peer)
        } catch { throw HomeError(error) }
    }

    private func user(_ rows: PostgresRows, _ row: Int, _ column: Int) throws(PostgresError) -> UserID {
        guard let id = UserID(try rows.text(row, column)) else {
            throw .decoding(column: "address", problem: "is no address")
        }
        return id
    }
}

extension Home {
    package func friends(of account: Account) async throws(HomeError) -> [Friend] {
        try await friendStore.friends(of: account.key)
    }

    package func friendRequests(of account: Account) async throws(HomeError) -> [FriendRequest] {
        try await friendStore.requests(of: account.key)
    }
}
