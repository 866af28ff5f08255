import Postgres
import Testing

@Suite struct QueryTests {
    @Test func valuesBecomeNumberedBindsAndNeverText() {
        let (name, limit) = ("x'; DROP TABLE users; --", 5)
        let query: PostgresQuery =
            "SELECT * FROM users WHERE name = \(name) ORDER BY \(unescaped: "id DESC") LIMIT \(limit)"
        #expect(query.sql == "SELECT * FROM users WHERE name = $1 ORDER BY id DESC LIMIT $2")
    }

    @Test func affectedRowsAreCounted() async throws {
        let client = try await startClient()
        try await client.execute("CREATE TABLE items (id int8 PRIMARY KEY, name text NOT NULL)")
        let names = ["a", "b", "c"]
        let inserted = try await client.execute(
            "INSERT INTO items SELECT * FROM unnest(\([1, 2, 3] as [Int64]), \(names))")
        #expect(inserted == 3)
        #expect(try await client.execute("UPDATE items SET name = 'z' WHERE id > \(1)") == 2)
        #expect(try await client.execute("DELETE FROM items WHERE id = ANY(\([2, 9]))") == 1)
        #expect(try await client.query("SELECT id FROM items ORDER BY id", as: Int64.self) == [1, 3])
    }

    @Test func noRowIsNilForFirstAndAnErrorForOne() async throws {
        let client = try await startClient()
        #expect(try await client.first("SELECT 1::int8 WHERE false", as: Int64.self) == nil)
        #expect(try await client.first("SELECT 1::int8", as: Int64.self) == 1)
        await #expect(throws: PostgresError.noRows) {
            try await client.one("SELECT 1::int8 WHERE false", as: Int64.self)
        }
    }

    @Test func aRefusalSaysWhatAndWhereButNoData() async throws {
        let client = try await startClient()
        try await client.execute(
            "CREATE TABLE people (name text CONSTRAINT people_name UNIQUE, age int CHECK (age > 0))")
        try await client.execute("INSERT INTO people VALUES ('secret-name', 1)")
        let error = await #expect(throws: PostgresError.self) {
            try await client.execute("INSERT INTO people VALUES (\("secret-name"), 1)")
        }
        guard case .server(let refusal) = error else {
            Issue.record("not refused by the server: \(String(describing: error))")
            return
        }
        #expect(refusal.code == .uniqueViolation)
        #expect(refusal.constraint == "people_name")
        #expect(refusal.table == "people")
        #expect(error?.isUniqueViolation(of: "people_name") == true)
        #expect(error?.isUniqueViolation(of: "another") == false)
        let cast = await #expect(throws: PostgresError.self) {
            try await client.execute("SELECT \("secret-name")::int8")
        }
        #expect(cast?.sqlState == "22P02")
        #expect(cast?.description.contains("secret-name") == false)
    }

    @Test func aTextWithOtherTypesOfBindsIsAnotherStatement() async throws {
        let client = try await startClient(connections: 1)
        for _ in 0..<3 {
            #expect(try await client.one("SELECT pg_typeof(\(5))::text", as: String.self) == "bigint")
            #expect(try await client.one("SELECT pg_typeof(\("5"))::text", as: String.self) == "text")
        }
    }

    @Test func statementsStayPreparedAndTheLeastUsedMakesRoom() async throws {
        let client = try await startClient(connections: 1)
        for round in 0..<2 {
            for number in 0..<300 {
                let got = try await client.one("SELECT \(round) + \(unescaped: "\(number)")", as: Int64.self)
                #expect(got == Int64(round + number))
            }
        }
        let count = try await client.one(.once("SELECT count(*) FROM pg_prepared_statements"), as: Int.self)
        #expect(count <= 256)
        #expect(count > 200)
    }

    @Test func aStatementWhoseResultChangedIsPreparedAgain() async throws {
        let client = try await startClient(connections: 1)
        try await client.execute("CREATE TABLE changing (a int8)")
        try await client.execute("INSERT INTO changing VALUES (1)")
        let query: PostgresQuery = "SELECT * FROM changing"
        #expect(try await client.query(query).columnCount == 1)
        #expect(try await client.query(query).columnCount == 1)
        try await client.execute("ALTER TABLE changing ADD b int8")
        #expect(try await client.query(query).columnCount == 2)
    }

    @Test func aStatementThatTheServerForgotIsPreparedAgain() async throws {
        let client = try await startClient(connections: 1)
        let query: PostgresQuery = "SELECT 'still here'"
        #expect(try await client.one(query, as: String.self) == "still here")
        try await client.execute(.once("DEALLOCATE ALL"))
        #expect(try await client.one(query, as: String.self) == "still here")
    }

    @Test func settingsReachTheServer() async throws {
        let client = try await startClient {
            $0.options = ["enable_seqscan": "off", "search_path": #""a b", public"#]
            $0.statementTimeout = .milliseconds(1234)
            $0.applicationName = "tests of settings"
        }
        let row = try await client.one(
            """
            SELECT current_setting('enable_seqscan'), current_setting('search_path'),
                current_setting('statement_timeout'), current_setting('application_name'),
                current_setting('client_encoding')
            """, as: (String, String, String, String, String).self)
        #expect(row == ("off", #""a b", public"#, "1234ms", "tests of settings", "UTF8"))
    }

    @Test func aStatementThatRunsTooLongIsEndedByTheServer() async throws {
        let client = try await startClient { $0.statementTimeout = .milliseconds(50) }
        let error = await #expect(throws: PostgresError.self) { try await client.query("SELECT pg_sleep(30)") }
        #expect(error?.sqlState == .queryCanceled)
        // The session lives on. On a busy machine even this may take too long at first.
        var answer: Int?
        while answer == nil { answer = try? await client.one("SELECT 1", as: Int.self) }
        #expect(answer == 1)
    }

    @Test func tooManyValuesAreRefusedBeforeTheyAreSent() async throws {
        let client = try await startClient()
        var interpolation = PostgresQuery.StringInterpolation(literalCapacity: 0, interpolationCount: 65_536)
        for _ in 0..<65_536 { interpolation.appendInterpolation(1) }
        let query = PostgresQuery(stringInterpolation: interpolation)
        await #expect(throws: PostgresError.invalidQuery("65536 values are more than 65535")) {
            try await client.query(query)
        }
    }
}
