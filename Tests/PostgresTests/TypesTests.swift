import Postgres
import Testing
import Wire

@Suite struct TypesTests {
    @Test func everyTypeComesBackAsItWasSent() async throws {
        let id = MessageID(high: 0x0190_a1b2_c3d4_7e5f, low: 0x8a9b_0c1d_2e3f_4051)
        let instant = Instant(microseconds: 1_795_413_600_123_456)
        let client = try await startClient()
        let row = try await client.one(
            """
            SELECT \(Int16.min), \(Int32.max), \(Int64.min), \(Int.max), \(true), \(-0.1), \("Grüße 🏠"),
                \([0, 255, 7] as [UInt8]), \(id), \(instant), \(#"{"a": [1, null]}"#)::jsonb, \("[ 1 ]")::json
            """,
            as: (
                Int16, Int32, Int64, Int, Bool, Double, String, [UInt8], MessageID, Instant, String, String
            ).self)
        #expect(row.0 == .min)
        #expect(row.1 == .max)
        #expect(row.2 == .min)
        #expect(row.3 == .max)
        #expect(row.4)
        #expect(row.5 == -0.1)
        #expect(row.6 == "Grüße 🏠")
        #expect(row.7 == [0, 255, 7])
        #expect(row.8 == id)
        #expect(row.9 == instant)
        #expect(row.10 == #"{"a": [1, null]}"#)
        #expect(row.11 == "[ 1 ]")
    }

    @Test func theServerSeesTheSameValuesAsText() async throws {
        let id = MessageID(high: 0x0190_a1b2_c3d4_7e5f, low: 0x8a9b_0c1d_2e3f_4051)
        let client = try await startClient()
        let row = try await client.one(
            """
            SELECT \(id)::text, \(Instant(microseconds: -1))::text, \([1, 255] as [UInt8])::text,
                \([1, nil, -3] as [Int64?])::text, \(["a", "b,c", nil] as [String?])::text, \([true])::text
            """, as: (String, String, String, String, String, String).self)
        #expect(row.0 == id.description)
        #expect(row.1 == "1969-12-31 23:59:59.999999+00")
        #expect(row.2 == #"\x01ff"#)
        #expect(row.3 == "{1,NULL,-3}")
        #expect(row.4 == #"{a,"b,c",NULL}"#)
        #expect(row.5 == "{t}")
    }

    @Test func nullsComeBackAsNil() async throws {
        let client = try await startClient()
        let row = try await client.one(
            """
            SELECT \(nil as Int64?), \(nil as String?), \(nil as [UInt8]?), \(nil as MessageID?), \(nil as Instant?),
                \(nil as [String]?), \(7 as Int?)
            """, as: (Int64?, String?, [UInt8]?, MessageID?, Instant?, [String]?, Int?).self)
        #expect(row.0 == nil)
        #expect(row.1 == nil)
        #expect(row.2 == nil)
        #expect(row.3 == nil)
        #expect(row.4 == nil)
        #expect(row.5 == nil)
        #expect(row.6 == 7)
    }

    @Test func arraysComeBackWithTheirNulls() async throws {
        let ids = [MessageID(high: 1, low: 2), MessageID(high: .max, low: .max)]
        let instants = [Instant(microseconds: 0), Instant(microseconds: 4_102_444_800_000_000)]
        let client = try await startClient()
        let row = try await client.one(
            """
            SELECT \([.min, nil, .max] as [Int64?]), \(["", nil, "ä"] as [String?]), \([[1], nil, []] as [[UInt8]?]),
                \(ids), \(instants), \([true, nil] as [Bool?]), \([] as [Int64]), \([1.5, -2]), \([Int16.min, 3]),
                \([ids[0], nil]), \([[], [9, 9]] as [[UInt8]]), \([Int32.min])
            """,
            as: (
                [Int64?], [String?], [[UInt8]?], [MessageID], [Instant], [Bool?], [Int64], [Double], [Int16],
                [MessageID?], [[UInt8]], [Int32]
            ).self)
        #expect(row.0 == [.min, nil, .max])
        #expect(row.1 == ["", nil, "ä"])
        #expect(row.2 == [[1], nil, []])
        #expect(row.3 == ids)
        #expect(row.4 == instants)
        #expect(row.5 == [true, nil])
        #expect(row.6 == [])
        #expect(row.7 == [1.5, -2])
        #expect(row.8 == [.min, 3])
        #expect(row.9 == [ids[0], nil])
        #expect(row.10 == [[], [9, 9]])
        #expect(row.11 == [.min])
    }

    @Test func emptyValuesAreNotNull() async throws {
        let client = try await startClient()
        let row = try await client.one(
            "SELECT \("") IS NULL, \([] as [UInt8]) IS NULL, \([] as [String]) IS NULL", as: (Bool, Bool, Bool).self)
        #expect(row == (false, false, false))
    }

    @Test func aMebibyteOfTextAndOfBytesComesBack() async throws {
        let text = String(repeating: "0123456789abcdeß", count: 65_536)
        let bytes = (0..<1_048_576).map { UInt8(truncatingIfNeeded: $0) }
        let client = try await startClient()
        let row = try await client.one("SELECT \(text), \(bytes)", as: (String, [UInt8]).self)
        #expect(row.0 == text)
        #expect(row.1 == bytes)
    }

    @Test func numbersWidenButNeverNarrow() async throws {
        let client = try await startClient()
        #expect(try await client.one("SELECT \(Int16(-5))", as: Int64.self) == -5)
        #expect(try await client.one("SELECT \(Int32.min)", as: Int.self) == Int(Int32.min))
        #expect(try await client.one("SELECT 1.5::float4", as: Double.self) == 1.5)
        let error = await #expect(throws: PostgresError.self) {
            try await client.one("SELECT \(5 as Int64) AS n", as: Int32.self)
        }
        #expect(error == .decoding(column: "n", problem: "is int8 and not Int32"))
    }

    @Test func wrongTypesNullsAndMissingColumnsAreErrors() async throws {
        let client = try await startClient()
        var error = await #expect(throws: PostgresError.self) {
            try await client.one("SELECT 'x'::text AS body", as: Int64.self)
        }
        #expect(error == .decoding(column: "body", problem: "is text and not Int64"))
        error = await #expect(throws: PostgresError.self) {
            try await client.one("SELECT NULL::text AS body", as: String.self)
        }
        #expect(error == .decoding(column: "body", problem: "is NULL"))
        error = await #expect(throws: PostgresError.self) {
            try await client.one("SELECT 1::int8 AS a", as: (Int64, Int64).self)
        }
        #expect(error == .decoding(column: "1", problem: "does not exist"))
        error = await #expect(throws: PostgresError.self) {
            try await client.one("SELECT 1::int8 AS a, 2 AS b", as: Int64.self)
        }
        #expect(error == .decoding(column: "b", problem: "was not asked for"))
        error = await #expect(throws: PostgresError.self) {
            try await client.one("SELECT ARRAY[1, NULL]::int8[] AS list", as: [Int64].self)
        }
        #expect(error == .decoding(column: "list", problem: "has a NULL element"))
        error = await #expect(throws: PostgresError.self) {
            try await client.one("SELECT 'infinity'::timestamptz AS at", as: Instant.self)
        }
        #expect(error == .decoding(column: "at", problem: "is out of range for Instant"))
    }

    @Test func singleValuesAreReadByTheirPlace() async throws {
        let id = ConversationID(high: 5, low: 6)
        let client = try await startClient()
        let rows = try await client.query(
            """
            SELECT n, CASE WHEN n = 2 THEN n END, 'row ' || n, n = 1, \(id), \(Instant(microseconds: 9)), '\\x0a'::bytea
            FROM generate_series(1::int8, 2) n ORDER BY n
            """)
        #expect(rows.count == 2)
        #expect(try rows.int64(1, 0) == 2)
        #expect(try rows.optionalInt64(0, 1) == nil)
        #expect(try rows.optionalInt64(1, 1) == 2)
        #expect(rows.isNull(0, 1))
        #expect(try rows.text(0, 2) == "row 1")
        #expect(try rows.bool(0, 3))
        #expect(try rows.id(1, 4) == id)
        #expect(try rows.instant(1, 5) == Instant(microseconds: 9))
        #expect(try rows.bytes(0, 6) == [10])
        #expect(throws: PostgresError.decoding(column: "7", problem: "does not exist in row 0")) {
            try rows.int64(0, 7)
        }
        #expect(throws: PostgresError.decoding(column: "0", problem: "does not exist in row 2")) {
            try rows.int64(2, 0)
        }
        #expect(throws: PostgresError.self) { try rows.int64(0, 1) }
        #expect(throws: PostgresError.self) { try rows.text(0, 0) }
    }
}
