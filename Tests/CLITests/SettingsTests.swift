import Federation
import Foundation
import Home
import Logging
import Testing
import WebClient
import Wire

@testable import CLI

@Suite("Settings")
struct SettingsTests {
    private static let least = """
        {"name": "a.example", "database": {"url": "postgresql:///home"}, "federation": {"mode": "closed"}}
        """

    /// Reads settings from a file with this text, these flags and these variables.
    private func settings(
        _ text: String = least, flags: [String] = [], environment: [String: String] = [:]
    ) throws -> (Settings, directory: String) {
        let directory = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let file = directory.appending(path: "config.json")
        try Data(text.utf8).write(to: file)
        let sources = try SettingsSources(path: file.path(), arguments: flags, environment: environment)
        return (try Settings(sources), directory.path())
    }

    private func complaint(_ text: String = least, flags: [String] = [], environment: [String: String] = [:]) -> String
    {
        do {
            _ = try settings(text, flags: flags, environment: environment)
            return "none"
        } catch {
            return "\(error)"
        }
    }

    @Test("What nobody sets has its default")
    func defaults() throws {
        let (settings, directory) = try settings()
        #expect(settings.name.text == "a.example")
        #expect(settings.client.host == "127.0.0.1")
        #expect(settings.client.port == 8008)
        #expect(settings.client.url == "https://a.example")
        #expect(settings.client.origins == ["https://a.example"])
        #expect(settings.client.tls == nil)
        #expect(settings.federation.address == "a.example")
        #expect(settings.registration == .closed)
        #expect(settings.limits)
        #expect(settings.keysDirectory == directory + "/keys")
        #expect(settings.peers.isEmpty)
    }

    @Test("A flag wins over a variable, a variable over the file")
    func precedence() throws {
        let text = """
            {"name": "a.example", "database": {"url": "x"}, "federation": {"mode": "closed"}, "client": {"port": 1001}}
            """
        #expect(try settings(text).0.client.port == 1001)
        #expect(try settings(text, environment: ["HOME_CLIENT_PORT": "1002"]).0.client.port == 1002)
        let all = try settings(text, flags: ["--client-port", "1003"], environment: ["HOME_CLIENT_PORT": "1002"])
        #expect(all.0.client.port == 1003)
        #expect(try settings(text, flags: ["--client-port=1004"]).0.client.port == 1004)
    }

    @Test("HOME itself and the tests' variables are none of ours")
    func foreignVariables() throws {
        let environment = ["HOME": "/root", "HOME_TEST_POSTGRES": "/tmp/x", "PATH": "/bin", "HOMEBREW_PREFIX": "/x"]
        #expect(try settings(environment: environment).0.name.text == "a.example")
    }

    @Test("Lists come from the file as arrays and from elsewhere with commas")
    func lists() throws {
        let text = """
            {"name": "a.example", "database": {"url": "x"}, "federation": {"mode": "closed",
             "exceptions": ["127.0.0.0/8", "::1/128"]}}
            """
        #expect(try settings(text).0.federation.exceptions == ["127.0.0.0/8", "::1/128"])
        let variable = try settings(environment: ["HOME_CLIENT_ORIGINS": "https://a.example,http://localhost:1"])
        #expect(variable.0.client.origins == ["https://a.example", "http://localhost:1"])
        let flag = try settings(flags: ["--client-origins", "https://b.example"])
        #expect(flag.0.client.origins == ["https://b.example"])
    }

    @Test("The web client is served from beside the program, unless somebody says otherwise")
    func webClient() throws {
        let (usual, _) = try settings()
        #expect(usual.web.isServed)
        #expect(usual.web.directory.hasPrefix("/"))
        #expect(usual.web.directory.hasSuffix("/Home_WebClientFiles.resources/Client"))
        #expect(usual.web.emoji == nil)
        let text = """
            {"name": "a.example", "database": {"url": "x"}, "federation": {"mode": "closed"},
             "web": {"client": "off", "directory": "client", "emoji": "/srv/emoji.json"}}
            """
        let (changed, directory) = try settings(text)
        #expect(!changed.web.isServed)
        #expect(changed.web.directory == directory + "/client")
        #expect(changed.web.emoji == "/srv/emoji.json")
        let shown = Dictionary(uniqueKeysWithValues: changed.shown.map { ($0.key, $0.value) })
        #expect(shown["web.client"] == "off")
        #expect(shown["web.directory"] == directory + "/client")
        #expect(shown["web.emoji"] == "/srv/emoji.json")
        #expect(try settings(environment: ["HOME_WEB_EMOJI": "e.json"]).0.web.emoji == "e.json")
    }

    @Test("A web client that cannot be served is refused by the setting, and asked for nothing when it is off")
    func missingWebClient() throws {
        let logger = Logger(label: "test")
        let (missing, _) = try settings(flags: ["--web-directory", "/nonexistent"])
        let error = #expect(throws: SettingsError.self) { try missing.openWebClient(logger: logger) }
        #expect(error?.setting == "web.directory")
        #expect(error?.problem.hasPrefix("names /nonexistent, which is no directory") == true)
        let (off, _) = try settings(flags: ["--web-directory", "/nonexistent", "--web-client", "off"])
        let client = try off.openWebClient(logger: logger)
        #expect(client?.version == nil)
    }

    @Test("Peers, with paths beside the file")
    func peers() throws {
        let text = """
            {"name": "a.example", "database": {"url": "x"}, "federation": {"mode": "closed"},
             "peers": [{"name": "b.example", "url": "https://127.0.0.1:8102", "ca_file": "ca.crt"}]}
            """
        let (settings, directory) = try settings(text)
        let peer = try #require(settings.peers.first)
        #expect(peer.name.text == "b.example")
        #expect(peer.url == "https://127.0.0.1:8102")
        #expect(peer.caFile == directory + "/ca.crt")
    }

    @Test("Who stands in peers is on the list of mode allowlist, also by the name alone")
    func listed() throws {
        let text = """
            {"name": "a.example", "database": {"url": "x"}, "federation": {"mode": "closed"},
             "peers": [{"name": "b.example"}, {"name": "c.example", "url": "https://c.example:8102"},
                       {"name": "d.example", "root_fingerprint": "\(String(repeating: "ab", count: 32))"}]}
            """
        let rules = try settings(text).0.linkRules()
        #expect(rules.listed == Set(["b", "c", "d"].compactMap { ServerName("\($0).example") }))
        #expect(rules.peers.map(\.name.text) == ["c.example"])
    }

    @Test(
        "A bad file is refused by the name of what is wrong in it",
        arguments: [
            (#"{"name": "a.example", "nam": 1}"#, "nam is not a setting; there are name, database.url"),
            (#"{"client": {"prot": 1}}"#, "client.prot is not a setting; there are client.host, client.port"),
            (#"{"client": 1}"#, "client must be an object"),
            (#"{"client": {"port": "8008"}}"#, "client.port must be a whole number from 1 to 65535"),
            (#"{"name": "a.example", "name": "b.example"}"#, "JSON has a key twice in one object"),
            (#"{"name": "a.example"} x"#, "JSON goes on after its end"),
            (#"[]"#, "the file must be a JSON object"),
            (#"{"name": null}"#, "name must be a text"),
            (#"{"database": {"url": "x"}}"#, "setting name is missing"),
            (#"{"name": "A.example"}"#, "name must be a lower-case DNS name without a port, not 'A.example'"),
            (#"{"name": "a.example"}"#, "setting database.url is missing"),
            (#"{"name": "a.example", "database": {"url": "x"}}"#, "federation.tls.certificate is missing"),
            (#"{"peers": {}}"#, "peers must be an array"),
            (
                #"{"name": "a.example", "database": {"url": "x"}, "federation": {"mode": "closed"}, "peers": [{"nane": "b"}]}"#,
                "peers[0].nane is not a setting; there are name, url, ca_file, root_fingerprint"
            ),
            (
                #"{"name": "a.example", "database": {"url": "x"}, "federation": {"mode": "closed"}, "peers": [{"name": "b", "url": "http://b"}]}"#,
                "peers[0].url must be https://host[:port]"
            ),
        ])
    func badFiles(text: String, expected: String) {
        let complaint = complaint(text)
        #expect(complaint.contains(expected), "\(complaint)")
    }

    @Test(
        "A bad flag is refused by its name",
        arguments: [
            (["--client-prot", "1"], "--client-prot is not a flag of this command"),
            (["--client-port"], "flag --client-port: client.port needs a value"),
            (
                ["--client-port", "70000"],
                "flag --client-port: client.port must be a whole number from 1 to 65535, not 70000"
            ),
            (["--client-port", "x"], "flag --client-port: client.port must be a whole number from 1 to 65535"),
            (["--client-port", "1", "--client-port", "2"], "flag --client-port: client.port is given twice"),
            (["--registration-mode", "maybe"], "registration.mode must be one of closed, token, open, not 'maybe'"),
            (["--client-tls-key", "k"], "setting client.tls.certificate is missing"),
            (["--client-url", "https://a.example/x"], "client.url must be http://host[:port] or https://host[:port]"),
            (["--web-client", "no"], "flag --web-client: web.client must be one of on, off, not 'no'"),
            (["--web-directory", ""], "flag --web-directory: web.directory must not be empty"),
            (["extra"], "extra was not expected"),
        ])
    func badFlags(flags: [String], expected: String) {
        let complaint = complaint(flags: flags)
        #expect(complaint.contains(expected), "\(complaint)")
    }

    @Test(
        "A bad variable is refused by its name",
        arguments: [
            (["HOME_CLIENT_PROT": "1"], "environment variable HOME_CLIENT_PROT is not a setting"),
            (["HOME_CLIENT_PORT": "x"], "environment variable HOME_CLIENT_PORT: client.port must be a whole number"),
            (["HOME_LIMITS": "no"], "environment variable HOME_LIMITS: limits must be one of on, off, not 'no'"),
            (["HOME_NAME": ""], "environment variable HOME_NAME: name must not be empty"),
        ])
    func badVariables(environment: [String: String], expected: String) {
        let complaint = complaint(environment: environment)
        #expect(complaint.contains(expected), "\(complaint)")
    }

    @Test("The connection string, which may hold a password, is in no complaint")
    func secrets() {
        let complaint = complaint(
            #"{"name": "a.example", "database": {"url": "postgresql://u:hunter2@/x"}, "federation": {"mode": "x"}}"#)
        #expect(complaint.contains("federation.mode"))
        #expect(!complaint.contains("hunter2"))
    }
}
