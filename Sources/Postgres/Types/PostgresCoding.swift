/// A Swift value that can be bound to a statement: `"… WHERE id = \(value)"`.
package protocol PostgresEncodable: Sendable {
    static var postgresType: PostgresType { get }
    var isPostgresNull: Bool { get }
    /// Appends the value in PostgreSQL's binary form; not called for NULL.
    func encode(into bytes: inout [UInt8])
}

/// A Swift type that a column can be read as.
package protocol PostgresDecodable: Sendable {
    /// Whether a column of that type can be read without losing anything.
    static func accepts(_ type: PostgresType) -> Bool
    static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self
}

/// What an array can hold. A protocol of its own, because an array of `UInt8` is no array to PostgreSQL but a `bytea`.
package protocol PostgresArrayElement: Sendable {
    static var postgresArrayType: PostgresType { get }
    static func acceptsArray(_ type: PostgresType) -> Bool
    static func encodeArray(_ values: [Self], into bytes: inout [UInt8])
    static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self]
}

/// A value of one column with a fixed binary form; arrays and optionals of it come with it.
package protocol PostgresScalar: PostgresArrayElement {
    static var postgresScalarType: PostgresType { get }
    static func acceptsScalar(_ type: PostgresType) -> Bool
    func write(to bytes: inout [UInt8])
    /// Nil when the bytes are no value of this type.
    static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Self?

    // These two are requirements so that the compiler specialises their loops for each type, once, in this module.
    static func encodeOptionals(_ values: [Self?], into bytes: inout [UInt8])
    static func decodeOptionals(_ cell: PostgresCell) throws(PostgresError) -> [Self?]
}

/// One value of a result while it is decoded; its bytes belong to the rows and must not outlive the call.
package struct PostgresCell {
    /// Nil is NULL.
    let bytes: UnsafeRawBufferPointer?
    let type: PostgresType
    let rows: PostgresRows
    let column: Int

    func problem(_ text: String) -> PostgresError {
        .decoding(column: rows.columnName(column), problem: text)
    }
}

extension PostgresEncodable where Self: PostgresScalar {
    package static var postgresType: PostgresType { postgresScalarType }
    package var isPostgresNull: Bool { false }
    package func encode(into bytes: inout [UInt8]) { write(to: &bytes) }
}

extension PostgresDecodable where Self: PostgresScalar {
    package static func accepts(_ type: PostgresType) -> Bool { acceptsScalar(type) }

    package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Self {
        guard let bytes = cell.bytes else { throw cell.problem("is NULL") }
        guard let value = read(bytes, as: cell.type) else { throw cell.problem("is out of range for \(Self.self)") }
        return value
    }
}

extension Optional: PostgresEncodable where Wrapped: PostgresEncodable {
    package static var postgresType: PostgresType { Wrapped.postgresType }
    package var isPostgresNull: Bool { self?.isPostgresNull ?? true }
    package func encode(into bytes: inout [UInt8]) { self?.encode(into: &bytes) }
}

extension Optional: PostgresDecodable where Wrapped: PostgresDecodable {
    package static func accepts(_ type: PostgresType) -> Bool { Wrapped.accepts(type) }

    package static func decode(_ cell: PostgresCell) throws(PostgresError) -> Wrapped? {
        if cell.bytes == nil { return nil }
        return try Wrapped.decode(cell)
    }
}
