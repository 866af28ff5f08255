import Testing

@testable import Postgres

@Suite("Connection strings")
struct ConninfoTests {
    @Test(
        "What is secret is hidden, in a URL and in keywords",
        arguments: [
            (
                "postgresql://home:hunter2@db.example:5433/x?sslmode=require&sslpassword=hunter2",
                "user=home password=(not shown) dbname=x host=db.example port=5433 sslmode=require sslpassword=(not shown)"
            ),
            ("host=/run/x user=home password='hunter2 \\'x'", "user=home password=(not shown) host=/run/x"),
            ("postgresql:///home?host=%2Frun%2Fx", "dbname=home host=/run/x"),
            ("", ""),
        ])
    func redaction(text: String, expected: String) throws {
        let redacted = try PostgresConninfo(text).redacted
        #expect(Set(redacted.split(separator: " ")) == Set(expected.split(separator: " ")), "\(redacted)")
        #expect(!redacted.contains("hunter2"))
    }

    @Test("Whether there is a secret at all")
    func secrets() throws {
        #expect(try PostgresConninfo("postgresql://u:p@/x").hasSecrets)
        #expect(try !PostgresConninfo("postgresql://u@/x?host=/run").hasSecrets)
    }

    @Test("A service file has the values as they are")
    func serviceFile() throws {
        let text = try PostgresConninfo("postgresql://u:p%40ss%20%23@/x?host=%2Frun%2Fa").serviceFile(named: "home")
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.first == "[home]" && lines.last == "")
        #expect(Set(lines.dropFirst().dropLast()) == ["user=u", "password=p@ss #", "dbname=x", "host=/run/a"])
    }

    @Test(
        "What a service file cannot hold is refused without saying what it is",
        arguments: ["password='a\nb'", "password='hunter2 '", "password=" + String(repeating: "x", count: 901)])
    func unwritable(text: String) throws {
        let conninfo = try PostgresConninfo(text)
        let error = #expect(throws: PostgresError.self) { try conninfo.serviceFile(named: "home") }
        #expect("\(error.map { "\($0)" } ?? "")" == "database settings: password cannot stand in a service file")
    }

    @Test("What libpq cannot read is refused, and not quoted")
    func unreadable() {
        let error = #expect(throws: PostgresError.self) { try PostgresConninfo("postgresql://u:hunter2@[x/y") }
        #expect("\(error.map { "\($0)" } ?? "")" == "database settings: the connection string cannot be read")
    }
}
