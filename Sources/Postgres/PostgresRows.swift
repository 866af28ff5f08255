import CLibpq
import Glibc

/// The result of one statement, still in PostgreSQL's form; decoded in the task that asked.
///
/// State: a libpq result that nobody changes after it was handed out.
package final class PostgresRows: @unchecked Sendable {  // because libpq only reads a finished result
    private let result: OpaquePointer
    package let count: Int
    package let columnCount: Int

    init(owning result: OpaquePointer) {
        self.result = result
        self.count = Int(PQntuples(result))
        self.columnCount = Int(PQnfields(result))
    }

    deinit { PQclear(result) }

    /// How many rows the statement inserted, changed, deleted or returned.
    package var affected: Int { Int(String(cString: PQcmdTuples(result))) ?? 0 }

    /// What the server says it did, such as `INSERT 0 1` or `COMMIT`.
    var commandTag: String { String(cString: PQcmdStatus(result)) }

    package func columnName(_ column: Int) -> String {
        guard let name = PQfname(result, Int32(truncatingIfNeeded: column)) else { return "\(column)" }
        return String(cString: name)
    }

    /// All rows as tuples, each column as the type at its place.
    package func decode<each Value: PostgresDecodable>(
        _ types: (repeat each Value).Type
    ) throws(PostgresError) -> [(repeat each Value)] {
        var rows: [(repeat each Value)] = []
        guard count > 0 else { return rows }
        try check(types)
        rows.reserveCapacity(count)
        for row in 0..<count { rows.append(try decodeChecked(row, as: types)) }
        return rows
    }

    /// All rows of a single column.
    package func decode<Value: PostgresDecodable>(_ type: Value.Type) throws(PostgresError) -> [Value] {
        var values: [Value] = []
        guard count > 0 else { return values }
        try check((Value).self)
        values.reserveCapacity(count)
        for row in 0..<count { values.append(try Value.decode(cell(row, 0))) }
        return values
    }

    /// One row as a tuple.
    package func decode<each Value: PostgresDecodable>(
        row: Int, as types: (repeat each Value).Type
    ) throws(PostgresError) -> (repeat each Value) {
        try check(types)
        return try decodeChecked(row, as: types)
    }

    private func check<each Value: PostgresDecodable>(_ types: (repeat each Value).Type) throws(PostgresError) {
        var column = 0
        for type in repeat (each Value).self {
            let actual = self.type(of: column)
            guard column < columnCount else { throw .decoding(column: "\(column)", problem: "does not exist") }
            guard type.accepts(actual) else {
                throw .decoding(column: columnName(column), problem: "is \(actual) and not \(type)")
            }
            column += 1
        }
        guard column == columnCount else { throw .decoding(column: columnName(column), problem: "was not asked for") }
    }

    private func decodeChecked<each Value: PostgresDecodable>(
        _ row: Int, as types: (repeat each Value).Type
    ) throws(PostgresError) -> (repeat each Value) {
        var column = 0
        func next<One: PostgresDecodable>(_: One.Type) throws(PostgresError) -> One {
            defer { column += 1 }
            return try One.decode(cell(row, column))
        }
        return (repeat try next((each Value).self))
    }

    func type(of column: Int) -> PostgresType {
        PostgresType(oid: PQftype(result, Int32(truncatingIfNeeded: column)))
    }

    func cell(_ row: Int, _ column: Int) -> PostgresCell {
        PostgresCell(bytes: bytes(row, column), type: type(of: column), rows: self, column: column)
    }

    /// Nil for NULL; libpq answers NULL too for a place outside the result.
    @inline(__always)
    private func bytes(_ row: Int, _ column: Int) -> UnsafeRawBufferPointer? {
        let (row, column) = (Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column))
        guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else { return nil }
        return UnsafeRawBufferPointer(start: value, count: Int(PQgetlength(result, row, column)))
    }

    /// Reads one value of any decodable type.
    package func value<Value: PostgresDecodable>(
        _ row: Int, _ column: Int, as _: Value.Type = Value.self
    ) throws(PostgresError) -> Value {
        guard row >= 0, row < count, column >= 0, column < columnCount else {
            throw .decoding(column: "\(column)", problem: "does not exist in row \(row)")
        }
        let actual = type(of: column)
        guard Value.accepts(actual) else {
            throw .decoding(column: columnName(column), problem: "is \(actual) and not \(Value.self)")
        }
        return try Value.decode(PostgresCell(bytes: bytes(row, column), type: actual, rows: self, column: column))
    }
}
