/// The binary form of one-dimensional arrays (`array_send` in PostgreSQL's `arrayfuncs.c`): dimensions, a flag for
/// NULLs, the element type, length and lower bound, then each element with its length (-1 is NULL).
enum PostgresArrayForm {
    static let headerSize = 20

    static func appendHeader(of element: PostgresType, count: Int, hasNulls: Bool, to bytes: inout [UInt8]) {
        bytes.appendBigEndian(Int32(count == 0 ? 0 : 1))
        bytes.appendBigEndian(Int32(hasNulls ? 1 : 0))
        bytes.appendBigEndian(element.oid)
        guard count > 0 else { return }
        bytes.appendBigEndian(Int32(truncatingIfNeeded: count))
        bytes.appendBigEndian(Int32(1))
    }

    /// Writes the length in front of what `write` appends.
    @inline(__always)
    static func appendElement(to bytes: inout [UInt8], _ write: (inout [UInt8]) -> Void) {
        let start = bytes.count
        bytes.appendBigEndian(Int32(0))
        write(&bytes)
        let length = UInt32(truncatingIfNeeded: bytes.count - start - 4)
        bytes[start] = UInt8(truncatingIfNeeded: length >> 24)
        bytes[start + 1] = UInt8(truncatingIfNeeded: length >> 16)
        bytes[start + 2] = UInt8(truncatingIfNeeded: length >> 8)
        bytes[start + 3] = UInt8(truncatingIfNeeded: length)
    }

    /// Calls `element` for each element with its bytes (nil is NULL) and how many there are; false refuses one.
    @inline(__always)
    static func read(
        _ cell: PostgresCell, element: (UnsafeRawBufferPointer?, PostgresType, _ count: Int) -> Bool
    ) throws(PostgresError) {
        guard let bytes = cell.bytes else { throw cell.problem("is NULL") }
        guard let dimensions = bytes.bigEndian(Int32.self, at: 0), let type = bytes.bigEndian(UInt32.self, at: 8) else {
            throw cell.problem("is no array")
        }
        if dimensions == 0 { return }
        guard dimensions == 1, let count = bytes.bigEndian(Int32.self, at: 12), count >= 0 else {
            throw cell.problem("is an array of several dimensions")
        }
        // Four bytes of length at least for each: a false count cannot make us reserve more than was received.
        let atMost = min(Int(count), bytes.count / 4)
        var position = headerSize
        for _ in 0..<count {
            guard let length = bytes.bigEndian(Int32.self, at: position) else { throw cell.problem("is cut short") }
            position += 4
            var slice: UnsafeRawBufferPointer?
            if length >= 0 {
                guard position + Int(length) <= bytes.count else { throw cell.problem("is cut short") }
                slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])
                position += Int(length)
            }
            guard element(slice, PostgresType(oid: type), atMost) else {
                throw cell.problem(slice == nil ? "has a NULL element" : "has an element that is out of range")
            }
        }
    }
}

extension PostgresScalar {
    package static func acceptsArray(_ type: PostgresType) -> Bool { type == postgresArrayType }

    package static func encodeArray(_ values: [Self], into bytes: inout [UInt8]) {
        PostgresArrayForm.appendHeader(of: postgresScalarType, count: values.count, hasNulls: false, to: &bytes)
        for value in values {
            PostgresArrayForm.appendElement(to: &bytes) { bytes in value.write(to: &bytes) }
        }
    }

    package static func encodeOptionals(_ values: [Self?], into bytes: inout [UInt8]) {
        PostgresArrayForm.appendHeader(of: postgresScalarType, count: values.count, hasNulls: true, to: &bytes)
        for value in values {
            if let value {
                PostgresArrayForm.appendElement(to: &bytes) { bytes in value.write(to: &bytes) }
            } else {
                bytes.appendBigEndian(Int32(-1))
            }
        }
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Self] {
        var values: [Self] = []
        try PostgresArrayForm.read(cell) { bytes, type, count in
            if values.isEmpty { values.reserveCapacity(count) }
            guard let bytes, let value = read(bytes, as: type) else { return false }
            values.append(value)
            return true
        }
        return values
    }

    package static func decodeOptionals(_ cell: PostgresCell) throws(PostgresError) -> [Self?] {
        var values: [Self?] = []
        try PostgresArrayForm.read(cell) { bytes, type, count in
            if values.isEmpty { values.reserveCapacity(count) }
            guard let bytes else {
                values.append(nil)
                return true
            }
            guard let value = read(bytes, as: type) else { return false }
            values.append(value)
            return true
        }
        return values
    }
}

extension Optional: PostgresArrayElement where Wrapped: PostgresScalar {
    package static var postgresArrayType: PostgresType { Wrapped.postgresArrayType }
    package static func acceptsArray(_ type: PostgresType) -> Bool { Wrapped.acceptsArray(type) }

    package static func encodeArray(_ values: [Wrapped?], into bytes: inout [UInt8]) {
        Wrapped.encodeOptionals(values, into: &bytes)
    }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [Wrapped?] {
        try Wrapped.decodeOptionals(cell)
    }
}

extension Array: PostgresEncodable where Element: PostgresArrayElement {
    package static var postgresType: PostgresType { Element.postgresArrayType }
    package var isPostgresNull: Bool { false }
    package func encode(into bytes: inout [UInt8]) { Element.encodeArray(self, into: &bytes) }
}

extension Array: PostgresDecodable where Element: PostgresArrayElement {
    package static func accepts(_ type: PostgresType) -> Bool { Element.acceptsArray(type) }
    package static func decode(_ cell: PostgresCell) throws(PostgresError) -> [Element] {
        try Element.decodeArray(cell)
    }
}

/// What makes `[UInt8]` a `bytea`.
extension UInt8: PostgresArrayElement {
    package static var postgresArrayType: PostgresType { .bytea }
    package static func acceptsArray(_ type: PostgresType) -> Bool { type == .bytea }
    package static func encodeArray(_ values: [UInt8], into bytes: inout [UInt8]) { bytes.append(contentsOf: values) }

    package static func decodeArray(_ cell: PostgresCell) throws(PostgresError) -> [UInt8] {
        guard let bytes = cell.bytes else { throw cell.problem("is NULL") }
        return [UInt8](bytes)
    }
}

/// What makes `[[UInt8]]` a `bytea[]`.
extension Array: PostgresArrayElement, PostgresScalar where Element == UInt8 {
    package static var postgresScalarType: PostgresType { .bytea }
    package static var postgresArrayType: PostgresType { .byteaArray }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .bytea }
    package func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: self) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> [UInt8]? { [UInt8](bytes) }
}
