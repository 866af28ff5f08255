package import Wire

extension ID: PostgresArrayElement, PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .uuid }
    package static var postgresArrayType: PostgresType { .uuidArray }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .uuid }

    package func write(to bytes: inout [UInt8]) {
        bytes.appendBigEndian(high)
        bytes.appendBigEndian(low)
    }

    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> ID<Of>? {
        guard bytes.count == 16, let high = bytes.bigEndian(UInt64.self), let low = bytes.bigEndian(UInt64.self, at: 8)
        else { return nil }
        return ID(high: high, low: low)
    }
}

extension Instant: PostgresArrayElement, PostgresScalar, PostgresEncodable, PostgresDecodable {
    /// 2000-01-01T00:00:00Z, from which PostgreSQL counts, in microseconds since 1970.
    private static let postgresEpoch: Int64 = 946_684_800_000_000

    package static var postgresScalarType: PostgresType { .timestamptz }
    package static var postgresArrayType: PostgresType { .timestamptzArray }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .timestamptz }

    package func write(to bytes: inout [UInt8]) {
        let (difference, overflow) = microseconds.subtractingReportingOverflow(Self.postgresEpoch)
        // Int64.min would be PostgreSQL's -infinity; its neighbour is refused by the server as out of range.
        bytes.appendBigEndian(overflow ? Int64.min + 1 : difference)
    }

    /// Nil for the two infinities, which are no instants.
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Instant? {
        guard bytes.count == 8, let value = bytes.bigEndian(Int64.self), value != .max, value != .min else {
            return nil
        }
        let (sum, overflow) = value.addingReportingOverflow(Self.postgresEpoch)
        return overflow ? nil : Instant(microseconds: sum)
    }
}
