import Foundation
import Testing

@testable import CLI

@Suite("Dangerous settings")
struct DangerousSettingsTests {
    private func warnings(_ flags: String..., file: String? = nil) throws -> [String] {
        let least = ["--name", "a.example", "--database-url", "postgresql:///home", "--federation-mode", "closed"]
        let known = Set(flags)
        var given = flags
        for index in stride(from: 0, to: least.count, by: 2) where !known.contains(least[index]) {
            given += least[index...index + 1]
        }
        let sources = try SettingsSources(path: nil, arguments: given, environment: [:])
        return DangerousSettings.warnings(of: try Settings(sources), file: file)
    }

    @Test("A homeserver behind its proxy has none")
    func usual() throws {
        #expect(try warnings("--client-proxies", "127.0.0.1") == [])
        #expect(try warnings("--client-url", "http://a.localhost:8008") == [])
    }

    @Test(
        "Each has a sentence that begins with the setting",
        arguments: [
            (["--registration-mode", "open"], "registration.mode is open"),
            (["--limits", "off"], "limits are off"),
            (["--client-host", "0.0.0.0"], "client.host is 0.0.0.0 without client.tls"),
            (["--client-proxies", ""], "client.proxies is empty"),
            (["--client-url", "http://a.example"], "client.url or client.origins has http://a.example"),
            (
                ["--client-origins", "https://a.example,http://b.example"],
                "client.url or client.origins has http://b.example"
            ),
            (["--metrics-port", "9108", "--metrics-host", "0.0.0.0"], "metrics.host is 0.0.0.0"),
            (["--log-level", "debug"], "log.level is debug"),
        ])
    func dangers(flags: [String], expected: String) throws {
        var flags = flags
        if !flags.contains("--client-proxies") { flags += ["--client-proxies", "127.0.0.1"] }
        let sources = try SettingsSources(
            path: nil,
            arguments: flags + ["--name", "a.example", "--database-url", "x=", "--federation-mode", "closed"],
            environment: [:])
        let warnings = DangerousSettings.warnings(of: try Settings(sources))
        #expect(warnings.count == 1, "\(warnings)")
        #expect(warnings.first?.hasPrefix(expected) == true, "\(warnings)")
    }

    @Test("A metrics host that nobody listens on is no danger")
    func metricsOff() throws {
        #expect(try warnings("--client-proxies", "127.0.0.1", "--metrics-host", "0.0.0.0") == [])
    }

    @Test("Exceptions matter where there is federation")
    func exceptions() throws {
        let flags = [
            "--federation-mode", "open", "--federation-tls-certificate", "c", "--federation-tls-key", "k",
            "--federation-exceptions", "10.0.0.0/8", "--client-proxies", "127.0.0.1", "--name", "a.example",
            "--database-url", "x=",
        ]
        let settings = try Settings(SettingsSources(path: nil, arguments: flags, environment: [:]))
        #expect(
            DangerousSettings.warnings(of: settings).first?.hasPrefix("federation.exceptions has 10.0.0.0/8") == true)
    }

    @Test("A password in a file that others may read", arguments: [(0o644, true), (0o640, true), (0o600, false)])
    func readableFile(mode: Int, isDangerous: Bool) throws {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        #expect(FileManager.default.createFile(atPath: file, contents: nil, attributes: [.posixPermissions: mode]))
        defer { try? FileManager.default.removeItem(atPath: file) }
        let with = try warnings(
            "--client-proxies", "127.0.0.1", "--database-url", "postgresql://u:hunter2@localhost/h", file: file)
        #expect(with.isEmpty == !isDangerous, "\(with)")
        #expect(!with.joined().contains("hunter2"))
        #expect(try warnings("--client-proxies", "127.0.0.1", file: file) == [])
    }
}
