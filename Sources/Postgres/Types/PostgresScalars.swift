extension [UInt8] {
    @inline(__always)
    mutating func appendBigEndian(_ value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension UnsafeRawBufferPointer {
    /// Nil when the bytes end before the number does.
    @inline(__always)
    func bigEndian<Value: FixedWidthInteger & BitwiseCopyable>(_: Value.Type, at offset: Int = 0) -> Value? {
        guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return nil }
        return Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// Reads `int2`, `int4` or `int8`, whichever the length says.
    @inline(__always)
    func integer() -> Int64? {
        switch count {
        case 8: bigEndian(Int64.self)
        case 4: bigEndian(Int32.self).map { Int64($0) }
        case 2: bigEndian(Int16.self).map { Int64($0) }
        default: nil
        }
    }
}

extension Int64: PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .int8 }
    package static var postgresArrayType: PostgresType { .int8Array }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .int8 || type == .int4 || type == .int2 }
    package static func acceptsArray(_ type: PostgresType) -> Bool {
        type == .int8Array || type == .int4Array || type == .int2Array
    }
    package func write(to bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Int64? { bytes.integer() }
}

/// As `Int64`: this package is built for 64-bit machines only.
extension Int: PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .int8 }
    package static var postgresArrayType: PostgresType { .int8Array }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { Int64.acceptsScalar(type) }
    package static func acceptsArray(_ type: PostgresType) -> Bool { Int64.acceptsArray(type) }
    package func write(to bytes: inout [UInt8]) { bytes.appendBigEndian(Int64(self)) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Int? {
        bytes.integer().map { Int($0) }
    }
}

extension Int32: PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .int4 }
    package static var postgresArrayType: PostgresType { .int4Array }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .int4 || type == .int2 }
    package static func acceptsArray(_ type: PostgresType) -> Bool { type == .int4Array || type == .int2Array }
    package func write(to bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Int32? {
        bytes.integer().flatMap { Int32(exactly: $0) }
    }
}

extension Int16: PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .int2 }
    package static var postgresArrayType: PostgresType { .int2Array }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .int2 }
    package func write(to bytes: inout [UInt8]) { bytes.appendBigEndian(self) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Int16? {
        bytes.integer().flatMap { Int16(exactly: $0) }
    }
}

extension Bool: PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .bool }
    package static var postgresArrayType: PostgresType { .boolArray }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .bool }
    package func write(to bytes: inout [UInt8]) { bytes.append(self ? 1 : 0) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Bool? {
        bytes.count == 1 ? bytes[0] != 0 : nil
    }
}

extension Double: PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .float8 }
    package static var postgresArrayType: PostgresType { .float8Array }
    package static func acceptsScalar(_ type: PostgresType) -> Bool { type == .float8 || type == .float4 }
    package func write(to bytes: inout [UInt8]) { bytes.appendBigEndian(bitPattern) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> Double? {
        switch bytes.count {
        case 8: bytes.bigEndian(UInt64.self).map { Double(bitPattern: $0) }
        case 4: bytes.bigEndian(UInt32.self).map { Double(Float(bitPattern: $0)) }
        default: nil
        }
    }
}

/// Text, and JSON as its text. It is bound as `text`, so a JSON column wants a cast: `\(json)::jsonb`.
extension String: PostgresScalar, PostgresEncodable, PostgresDecodable {
    package static var postgresScalarType: PostgresType { .text }
    package static var postgresArrayType: PostgresType { .textArray }
    package static func acceptsScalar(_ type: PostgresType) -> Bool {
        switch type {
        case .text, .varchar, .bpchar, .name, .json, .jsonb: true
        default: false
        }
    }
    package static func acceptsArray(_ type: PostgresType) -> Bool {
        type == .textArray || type == .varcharArray || type == .nameArray
    }
    package func write(to bytes: inout [UInt8]) { bytes.append(contentsOf: utf8) }
    package static func read(_ bytes: UnsafeRawBufferPointer, as type: PostgresType) -> String? {
        guard type == .jsonb else { return String(validating: bytes, as: UTF8.self) }
        // The binary form of jsonb is a version number and then the text.
        guard bytes.first == 1 else { return nil }
        return String(validating: bytes.dropFirst(), as: UTF8.self)
    }
}
