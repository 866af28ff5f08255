package import Postgres
import Sodium
package import Wire

/// Fills a database with accounts and friendships in a few statements, for demonstrations and load tests; called by `demo-populate`.
///
/// All accounts share one password hash. Friendships with a peer's users are written on each homeserver by itself: the ids come from the
/// two addresses, so both sides agree without a word over the link. Running it again adds what is missing.
package struct PopulateDemo: Sendable {
    /// A friendship between two addresses, of which at least one is local.
    package struct Friendship: Sendable {
        package let a: UserID
        package let b: UserID

        package init(_ a: UserID, _ b: UserID) {
            self.a = a
            self.b = b
        }
    }

    private static let chunk = 5000

    private let database: PostgresClient
    private let server: ServerName

    package init(database: PostgresClient, server: ServerName) {
        self.database = database
        self.server = server
    }

    /// `user00001`, `user00002`, … as addresses of a homeserver.
    package static func numbered(_ count: Int, on server: ServerName) -> [UserID] {
        (0..<max(count, 0)).compactMap { index in
            let digits = String(index + 1)
            let zeros = String(repeating: "0", count: max(5 - digits.utf8.count, 0))
            return UserID(local: "user\(zeros)\(digits)", server: server)
        }
    }

    /// The friendships of numbered accounts: 1 with 2, 3 with 4 and so on, and each with its namesake on the peer.
    package static func friendships(of accounts: [UserID], peer: ServerName?) -> [Friendship] {
        var friendships: [Friendship] = []
        for index in stride(from: 0, to: accounts.count - 1, by: 2) {
            friendships.append(Friendship(accounts[index], accounts[index + 1]))
        }
        guard let peer else { return friendships }
        for account in accounts {
            guard let namesake = UserID(local: account.local, server: peer) else { continue }
            friendships.append(Friendship(account, namesake))
        }
        return friendships
    }

    package func run(accounts: [UserID], password: String, friendships: [Friendship]) async throws {
        guard let hash = Argon2id.hash(password: Array(password.utf8)) else { throw HomeError.internal }
        for accounts in chunks(accounts) { try await add(Array(accounts), hash: hash) }
        var peers: Set<ServerName> = []
        for friendship in friendships {
            for server in [friendship.a.server, friendship.b.server] where server != self.server {
                peers.insert(server)
            }
        }
        for peer in peers.sorted() {
            let peer = try await PeerStore(database: database).meet(peer)
            let strangers = friendships.flatMap { [$0.a, $0.b] }.filter { $0.server == peer.name }
            for strangers in chunks(strangers) { try await add(Array(strangers), of: peer.key) }
        }
        for friendships in chunks(friendships) { try await befriend(Array(friendships)) }
    }

    private func add(_ accounts: [UserID], hash: String) async throws {
        let addresses = accounts.map(\.text)
        _ = try await database.batch([
            """
            INSERT INTO users (address, created_at) SELECT address, now() FROM unnest(\(addresses)::text[]) AS i(address)
            ON CONFLICT (address) DO NOTHING
            """,
            """
            INSERT INTO accounts (key, password_hash, created_at)
            SELECT key, \(hash), now() FROM users WHERE address = ANY(\(addresses)::text[]) AND peer IS NULL
            ON CONFLICT (key) DO NOTHING
            """,
        ])
    }

    private func add(_ strangers: [UserID], of peer: PeerKey) async throws {
        try await database.execute(
            """
            INSERT INTO users (address, peer, created_at)
            SELECT address, \(peer.value), now() FROM unnest(\(strangers.map(\.text))::text[]) AS i(address)
            ON CONFLICT (address) DO NOTHING
            """)
    }

    private func befriend(_ friendships: [Friendship]) async throws {
        let ordered = friendships.map { $0.a < $0.b ? $0 : Friendship($0.b, $0.a) }
        let requests: [FriendRequestID] = ordered.map { id("request", $0) }
        let conversations: [ConversationID] = ordered.map { id("conversation at \(server)", $0) }
        let a = ordered.map(\.a.text)
        let b = ordered.map(\.b.text)
        _ = try await database.batch([
            """
            INSERT INTO friend_requests (id, requester, receiver, state, created_at)
            SELECT i.id, a.key, b.key, 'accepted', now()
            FROM unnest(\(requests)::uuid[], \(a)::text[], \(b)::text[]) AS i(id, a, b)
            JOIN users a ON a.address = i.a JOIN users b ON b.address = i.b
            ON CONFLICT (id) DO NOTHING
            """,
            "INSERT INTO conversations (id) SELECT unnest(\(conversations)::uuid[]) ON CONFLICT (id) DO NOTHING",
            """
            INSERT INTO roster (owner, other, state, request, conversation, since)
            SELECT side.owner, side.other, 'friends', i.id, c.key, now()
            FROM unnest(\(requests)::uuid[], \(conversations)::uuid[], \(a)::text[], \(b)::text[])
                AS i(id, conversation, a, b)
            JOIN users a ON a.address = i.a JOIN users b ON b.address = i.b
            JOIN conversations c ON c.id = i.conversation
            CROSS JOIN LATERAL (
                SELECT a.key, b.key WHERE a.peer IS NULL UNION ALL SELECT b.key, a.key WHERE b.peer IS NULL
            ) AS side(owner, other)
            ON CONFLICT (owner, other) DO NOTHING
            """,
        ])
    }

    /// An id that both homeservers work out from the same two addresses.
    private func id<Of>(_ purpose: String, _ friendship: Friendship) -> ID<Of> {
        let digest = SHA256.hash(Array("home demo \(purpose) \(friendship.a) \(friendship.b)".utf8))
        guard let id = ID<Of>(bytes: digest.prefix(16)) else { preconditionFailure("sixteen bytes make an id") }
        // RFC 9562 §5.8: version 8, the free form, with the variant bits.
        return ID<Of>(
            high: id.high & 0xffff_ffff_ffff_0fff | 0x8000, low: id.low & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000)
    }

    private func chunks<Element>(_ elements: [Element]) -> [ArraySlice<Element>] {
        stride(from: 0, to: elements.count, by: Self.chunk).map { start in
            elements[start..<min(start + Self.chunk, elements.count)]
        }
    }
}
