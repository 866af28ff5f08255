package import Wire

/// Single values by their place, for hot paths that would not pay for a tuple: each throws when the column is of
/// another type or NULL (unless optional).
extension PostgresRows {
    package func isNull(_ row: Int, _ column: Int) -> Bool { cell(row, column).bytes == nil }

    package func int64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64 {
        try value(row, column, as: Int64.self)
    }

    package func optionalInt64(_ row: Int, _ column: Int) throws(PostgresError) -> Int64? {
        try value(row, column, as: Int64?.self)
    }

    package func int(_ row: Int, _ column: Int) throws(PostgresError) -> Int { try value(row, column, as: Int.self) }

    package func optionalInt(_ row: Int, _ column: Int) throws(PostgresError) -> Int? {
        try value(row, column, as: Int?.self)
    }

    package func bool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool {
        try value(row, column, as: Bool.self)
    }

    package func optionalBool(_ row: Int, _ column: Int) throws(PostgresError) -> Bool? {
        try value(row, column, as: Bool?.self)
    }

    package func text(_ row: Int, _ column: Int) throws(PostgresError) -> String {
        try value(row, column, as: String.self)
    }

    package func optionalText(_ row: Int, _ column: Int) throws(PostgresError) -> String? {
        try value(row, column, as: String?.self)
    }

    package func bytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8] {
        try value(row, column, as: [UInt8].self)
    }

    package func optionalBytes(_ row: Int, _ column: Int) throws(PostgresError) -> [UInt8]? {
        try value(row, column, as: [UInt8]?.self)
    }

    package func id<Of>(_ row: Int, _ column: Int, of _: Of.Type = Of.self) throws(PostgresError) -> ID<Of> {
        try value(row, column, as: ID<Of>.self)
    }

    package func optionalID<Of>(_ row: Int, _ column: Int, of _: Of.Type = Of.self) throws(PostgresError) -> ID<Of>? {
        try value(row, column, as: ID<Of>?.self)
    }

    package func instant(_ row: Int, _ column: Int) throws(PostgresError) -> Instant {
        try value(row, column, as: Instant.self)
    }

    package func optionalInstant(_ row: Int, _ column: Int) throws(PostgresError) -> Instant? {
        try value(row, column, as: Instant?.self)
    }
}
