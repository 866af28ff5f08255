/// A statement that one connection has prepared, or is preparing.
final class PostgresStatement {
    let name: String
    let types: [PostgresType]
    let key: PostgresStatements.Key
    /// Whether the server has confirmed it. Until then others with the same text are sent unnamed, so that the failure
    /// of one flight cannot reach the next.
    var isReady = false
    fileprivate(set) var lastUse: UInt64 = 0

    init(name: String, types: [PostgresType], key: PostgresStatements.Key) {
        self.name = name
        self.types = types
        self.key = key
    }
}

/// The prepared statements of one connection by their text; at most 256, the least recently used one makes room.
struct PostgresStatements {
    struct Key: Hashable {
        let sql: String
        let hash: Int

        func hash(into hasher: inout Hasher) { hasher.combine(hash) }

        static func == (left: Key, right: Key) -> Bool { left.hash == right.hash && left.sql == right.sql }
    }

    static let capacity = 256

    private var statements: [Key: PostgresStatement] = [:]
    private var clock: UInt64 = 0
    private var made = 0

    mutating func find(_ query: PostgresQuery) -> PostgresStatement? {
        guard let statement = statements[Key(sql: query.sql, hash: query.hash)] else { return nil }
        clock += 1
        statement.lastUse = clock
        return statement
    }

    /// A new statement under a name never used before on this connection, and the one that had to go for it.
    mutating func add(_ query: PostgresQuery) -> (new: PostgresStatement, evicted: PostgresStatement?) {
        let key = Key(sql: query.sql, hash: query.hash)
        var evicted: PostgresStatement?
        if statements.count >= Self.capacity {
            evicted = statements.values.lazy.filter(\.isReady).min { $0.lastUse < $1.lastUse }
            if let evicted { statements[evicted.key] = nil }
        }
        made += 1
        clock += 1
        let statement = PostgresStatement(name: "h\(made)", types: query.binds.slots.map(\.type), key: key)
        statement.lastUse = clock
        statements[key] = statement
        return (statement, evicted)
    }

    mutating func remove(_ statement: PostgresStatement) {
        if statements[statement.key] === statement { statements[statement.key] = nil }
    }

    mutating func remove(_ query: PostgresQuery) {
        statements[Key(sql: query.sql, hash: query.hash)] = nil
    }
}
