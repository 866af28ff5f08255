/// One SQL statement with its values: `"SELECT body FROM messages WHERE id = \(id)"` becomes text with `$1` and a
/// binary bind. Made by the stores of Home; a value never becomes part of the text unless `unescaped:` says so.
package struct PostgresQuery: ExpressibleByStringInterpolation, Sendable {
    package let sql: String
    let binds: PostgresBinds
    /// Of the text, worked out in the caller's task so that the connection's thread need not.
    let hash: Int
    /// Whether each connection keeps the statement prepared under its text.
    let isPrepared: Bool

    package init(stringLiteral value: String) {
        self.init(sql: value, binds: PostgresBinds(), isPrepared: true)
    }

    package init(stringInterpolation: StringInterpolation) {
        self.init(sql: stringInterpolation.sql, binds: stringInterpolation.binds, isPrepared: true)
    }

    /// A statement that runs once, such as those of a migration, and is not worth a place among the prepared ones.
    package static func once(_ sql: String) -> PostgresQuery {
        PostgresQuery(sql: sql, binds: PostgresBinds(), isPrepared: false)
    }

    private init(sql: String, binds: PostgresBinds, isPrepared: Bool) {
        self.sql = sql
        self.binds = binds
        self.hash = isPrepared ? Self.hash(sql) : 0
        self.isPrepared = isPrepared
    }

    /// FNV-1a by words: texts are our own, so nobody can aim for collisions.
    private static func hash(_ text: String) -> Int {
        var text = text
        return text.withUTF8 { utf8 in
            let bytes = UnsafeRawBufferPointer(utf8)
            var hash: UInt64 = 0xcbf2_9ce4_8422_2325
            var position = 0
            while position + 8 <= bytes.count {
                hash = (hash ^ bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self)) &* 0x100_0000_01b3
                hash ^= hash >> 32
                position += 8
            }
            while position < bytes.count {
                hash = (hash ^ UInt64(bytes[position])) &* 0x100_0000_01b3
                position += 1
            }
            return Int(truncatingIfNeeded: hash)
        }
    }

    /// Collects the text and the binds of an interpolated query.
    package struct StringInterpolation: StringInterpolationProtocol {
        fileprivate var sql = ""
        fileprivate var binds = PostgresBinds()

        package init(literalCapacity: Int, interpolationCount: Int) {
            sql.reserveCapacity(literalCapacity + interpolationCount * 3)
            binds.reserve(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: String) { sql.append(literal) }

        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value) {
            bind(value)
        }

        /// Nil is NULL. Spelled out, or the compiler takes the optional for an oversight.
        package mutating func appendInterpolation<Value: PostgresEncodable>(_ value: Value?) {
            bind(value)
        }

        private mutating func bind(_ value: some PostgresEncodable) {
            binds.append(value)
            sql.append("$")
            sql.append(String(binds.count))
        }

        /// Puts text into the statement as it is: for names and fragments of our own, never for what came from outside.
        package mutating func appendInterpolation(unescaped text: String) { sql.append(text) }
    }
}

/// The values of a query in PostgreSQL's binary form, one after another in one buffer.
struct PostgresBinds: Sendable {
    /// Where a value lies in the buffer; a length of -1 is NULL.
    struct Slot: Sendable {
        let offset: Int
        let length: Int
        let type: PostgresType
    }

    /// PostgreSQL counts parameters in 16 bits.
    static let maximumCount = 65_535
    /// All values of one statement together.
    static let maximumBytes = 256 << 20

    private(set) var bytes: [UInt8] = []
    private(set) var slots: [Slot] = []

    var count: Int { slots.count }

    mutating func reserve(_ count: Int) {
        slots.reserveCapacity(count)
        bytes.reserveCapacity(count * 16)
    }

    mutating func append<Value: PostgresEncodable>(_ value: Value) {
        let offset = bytes.count
        if value.isPostgresNull {
            slots.append(Slot(offset: offset, length: -1, type: Value.postgresType))
        } else {
            value.encode(into: &bytes)
            slots.append(Slot(offset: offset, length: bytes.count - offset, type: Value.postgresType))
        }
    }

    func validate() throws(PostgresError) {
        guard slots.count <= Self.maximumCount else {
            throw .invalidQuery("\(slots.count) values are more than \(Self.maximumCount)")
        }
        guard bytes.count <= Self.maximumBytes else {
            throw .invalidQuery("\(bytes.count) bytes of values are more than \(Self.maximumBytes)")
        }
    }
}
