import Federation
import FoundationEssentials
import Glibc
import Sodium
import Testing
import Wire

@Suite struct OwnKeysTests {
    private let temporary: TemporaryDirectory
    private let server: ServerName
    private let time = ManualTime()
    private let passphrase = SecretBytes(copying: Array("a good long passphrase".utf8))

    init() throws {
        temporary = try TemporaryDirectory()
        server = try #require(ServerName("a.example"))
    }

    private func directory() throws -> KeyDirectory {
        try KeyDirectory(makingKeysPath: temporary.path("keys"), secretsPath: temporary.path("secrets"))
    }

    private func initialise() throws -> InitialiseKeys.Result {
        try InitialiseKeys(server: server, time: time).run(
            in: try directory(), rootPassphrase: passphrase, rootCost: .minimum)
    }

    @Test func whatIsMadeIsLoaded() throws {
        let made = try initialise()
        let keys = try LoadKeys(server: server).run(from: try directory())
        #expect(keys.keyID == made.keyID)
        #expect(Fingerprint(of: keys.root) == made.rootFingerprint)
        #expect(keys.keyset.keyset.version == 1)
        #expect(made.keysetExpires == time.now() + .seconds(365 * 86_400))
        #expect(made.keyExpires == time.now() + .seconds(90 * 86_400))
        let document = try KeysDocument(parsing: keys.document(at: time.now()))
        let verdict = KeysetPolicy.judge(new: document.keyset, of: server, pinned: PinnedKeys(), now: time.now())
        #expect(verdict == .accept)
    }

    @Test func theFilesAreOursAloneAndTheSeedsAreSealed() throws {
        let made = try initialise()
        let names = ["keys/keyset.json", "keys/online-\(made.keyID).sealed", "keys/root.sealed"]
        for name in names + ["secrets/online-\(made.keyID).passphrase"] { #expect(temporary.mode(name) == 0o600) }
        #expect(try directory().keys.names() == names.map { String($0.dropFirst(5)) })
        #expect(temporary.mode("keys") == 0o700 && temporary.mode("secrets") == 0o700)
        let online = try SealedFile(parsing: Array(try Data(contentsOf: URL(filePath: temporary.path(names[1])))))
        #expect(online.cost == .interactive && online.id == "online-\(made.keyID)")
    }

    @Test func theRootOpensWithTheOperatorsPassphrase() throws {
        let made = try initialise()
        let file = try SealedFile(
            parsing: Array(try Data(contentsOf: URL(filePath: temporary.path("keys/root.sealed")))))
        let root = try #require(Ed25519.SigningKey(seed: try file.open(passphrase: passphrase)))
        #expect(Fingerprint(of: root.publicKey) == made.rootFingerprint)
        #expect(throws: SealedFileError.wrongPassphraseOrChanged) {
            try file.open(passphrase: SecretBytes(copying: Array("another passphrase".utf8)))
        }
    }

    @Test func aThrowAwayRootKeepsItsPassphraseBesideIt() throws {
        let made = try InitialiseKeys(server: server, time: time).runThrowAway(in: try directory())
        #expect(temporary.mode("secrets/root.passphrase") == 0o600)
        let text = try directory().secrets.read("root.passphrase", maximumBytes: 100)
        let file = try SealedFile(parsing: try directory().keys.read("root.sealed", maximumBytes: 10_000))
        let seed = try file.open(passphrase: SecretBytes(copying: text.dropLast()))
        #expect(file.cost == .minimum)
        #expect(Fingerprint(of: try #require(Ed25519.SigningKey(seed: seed)).publicKey) == made.rootFingerprint)
        #expect(throws: KeysProblem.self) {
            try InitialiseKeys(server: server, time: time).runThrowAway(in: try directory())
        }
    }

    /// An identity is never overwritten, nor what is left of one.
    @Test(arguments: [
        "keys/keyset.json", "keys/root.sealed", "keys/online-0123456789abcdef.sealed", "secrets/online-x.passphrase",
    ])
    func whatIsThereIsNotOverwritten(_ name: String) throws {
        _ = try directory()
        try temporary.write(name, "precious")
        #expect(throws: KeysProblem.file(.exists(path: temporary.path(name)))) { try initialise() }
        #expect(try Data(contentsOf: URL(filePath: temporary.path(name))) == Data("precious".utf8))
        #expect(try directory().keys.names().count + directory().secrets.names().count == 1)
    }

    @Test func aSecondTimeChangesNothing() throws {
        let made = try initialise()
        #expect(throws: KeysProblem.self) { try initialise() }
        #expect(try LoadKeys(server: server).run(from: try directory()).keyID == made.keyID)
    }

    @Test func theRootMayBeElsewhere() throws {
        let made = try initialise()
        unlink(temporary.path("keys/root.sealed"))
        #expect(try LoadKeys(server: server).run(from: try directory()).keyID == made.keyID)
    }

    @Test func keysOfAnotherServerAreRefused() throws {
        _ = try initialise()
        let other = try #require(ServerName("b.example"))
        let problem = KeysProblem.wrongServer(path: temporary.path("keys/keyset.json"), found: server, wanted: other)
        #expect(throws: problem) { try LoadKeys(server: other).run(from: try directory()) }
    }

    @Test func aWrongOrMissingPassphraseIsNamed() throws {
        let made = try initialise()
        let name = "secrets/online-\(made.keyID).passphrase"
        try temporary.write(name, String(repeating: "0", count: 64) + "\n")
        let sealed = temporary.path("keys/online-\(made.keyID).sealed")
        #expect(throws: KeysProblem.sealed(path: sealed, .wrongPassphraseOrChanged)) {
            try LoadKeys(server: server).run(from: try directory())
        }
        unlink(temporary.path(name))
        #expect(throws: KeysProblem.file(.missing(path: temporary.path(name)))) {
            try LoadKeys(server: server).run(from: try directory())
        }
    }

    @Test func aKeyFileOfAnotherIdentityIsRefused() throws {
        let made = try initialise()
        let seed = SecretBytes.random(count: 32)
        let secret = SecretBytes(copying: Array("p".utf8))
        for id in ["online-\(made.keyID)", "online-0123456789abcdef"] {
            let file = try SealedFile.seal(seed, id: id, passphrase: secret, cost: .minimum)
            try temporary.write("keys/online-\(made.keyID).sealed", String(decoding: file, as: UTF8.self))
            try temporary.write("secrets/online-\(made.keyID).passphrase", "p\n")
            #expect(throws: KeysProblem.self) { try LoadKeys(server: server).run(from: try directory()) }
        }
    }

    @Test(arguments: ["", "{}", "[]", #"{"payload":"e30=","signatures":[]}"#])
    func aBrokenKeysetNamesItsFile(_ text: String) throws {
        _ = try directory()
        try temporary.write("keys/keyset.json", text)
        let problem = try #require(throws: KeysProblem.self) { try directory().loadKeyset(of: server) }
        #expect(problem.description.hasPrefix(temporary.path("keys/keyset.json")))
    }

    @Test func aKeysetThatItsRootDidNotSignIsRefused() throws {
        _ = try directory()
        let keys = try TestKeys("a.example")
        let forged = keys.keyset(signedBy: [keys.online])
        try temporary.write("keys/keyset.json", String(decoding: JSONWriter.bytes(of: forged.envelope), as: UTF8.self))
        #expect(throws: KeysProblem.self) { try directory().loadKeyset(of: server) }
    }

    @Test func looseModesStopTheStart() throws {
        let made = try initialise()
        for name in ["keys/keyset.json", "keys/online-\(made.keyID).sealed", "secrets/online-\(made.keyID).passphrase"]
        {
            chmod(temporary.path(name), 0o640)
            #expect(throws: KeysProblem.file(.mode(path: temporary.path(name), found: 0o640, wanted: 0o600))) {
                try LoadKeys(server: server).run(from: try directory())
            }
            chmod(temporary.path(name), 0o600)
        }
        chmod(temporary.path("secrets"), 0o755)
        #expect(throws: KeysProblem.self) { try directory() }
    }
}
