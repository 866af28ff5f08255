import CLibpq

/// The parallel arrays in which libpq wants the binds of a statement, kept by a connection and filled again and again.
struct PostgresArguments {
    private var types: [Oid] = []
    private var lengths: [Int32] = []
    private var formats: [Int32] = []
    private var values: [UnsafePointer<CChar>?] = []

    /// Prepares the query's text under a name; 1 is success, as everywhere in libpq.
    mutating func prepare(_ query: PostgresQuery, name: String, on connection: OpaquePointer) -> Int32 {
        fillTypes(query.binds)
        return PQsendPrepare(connection, name, query.sql, Int32(types.count), types)
    }

    /// Sends the query: by the name of its prepared statement, or with its text. Results come in binary form.
    mutating func send(_ query: PostgresQuery, name: String?, on connection: OpaquePointer) -> Int32 {
        let binds = query.binds
        let count = Int32(binds.count)
        guard count > 0 else {
            if let name { return PQsendQueryPrepared(connection, name, 0, nil, nil, nil, 1) }
            return PQsendQueryParams(connection, query.sql, 0, nil, nil, nil, nil, 1)
        }
        if name == nil { fillTypes(binds) }
        return binds.bytes.withUnsafeBytes { bytes in
            fillValues(binds, at: bytes)
            if let name { return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 1) }
            return PQsendQueryParams(connection, query.sql, count, types, values, lengths, formats, 1)
        }
    }

    private mutating func fillTypes(_ binds: PostgresBinds) {
        types.removeAll(keepingCapacity: true)
        for slot in binds.slots { types.append(slot.type.oid) }
    }

    private mutating func fillValues(_ binds: PostgresBinds, at bytes: UnsafeRawBufferPointer) {
        while formats.count < binds.count { formats.append(1) }
        lengths.removeAll(keepingCapacity: true)
        values.removeAll(keepingCapacity: true)
        for slot in binds.slots {
            lengths.append(Int32(max(0, slot.length)))
            values.append(slot.length < 0 ? nil : Self.pointer(to: slot.offset, in: bytes))
        }
    }

    /// Never nil, which would mean NULL: an empty value at the end of an empty buffer still needs an address.
    private static func pointer(to offset: Int, in bytes: UnsafeRawBufferPointer) -> UnsafePointer<CChar> {
        guard let base = bytes.baseAddress else { return emptyValue }
        return (base + offset).assumingMemoryBound(to: CChar.self)
    }

    /// One byte that is never read nor freed.
    private nonisolated(unsafe) static let emptyValue = UnsafePointer(UnsafeMutablePointer<CChar>.allocate(capacity: 1))
}
