import FoundationEssentials
import Glibc
import Sodium
import Testing
import Wire

@testable import Federation

@Suite struct ChangeKeysTests {
    private let temporary: TemporaryDirectory
    private let server: ServerName
    private let time = ManualTime()
    private let passphrase = SecretBytes(copying: Array("a good long passphrase".utf8))

    init() throws {
        temporary = try TemporaryDirectory()
        server = try #require(ServerName("a.example"))
        _ = try InitialiseKeys(server: server, time: time).run(
            in: try KeyDirectory(makingKeysPath: temporary.path("keys"), secretsPath: temporary.path("secrets")),
            rootPassphrase: passphrase, rootCost: .minimum)
    }

    private func directory() throws -> KeyDirectory {
        try KeyDirectory(keysPath: temporary.path("keys"), secretsPath: temporary.path("secrets"))
    }

    private func root() throws -> Ed25519.SigningKey {
        let keyset = try directory().loadKeyset(of: server)
        return try RootKeyFile(of: keyset, in: directory()).open(passphrase, for: keyset.keyset.root)
    }

    @discardableResult
    private func change(_ change: KeysetChange) throws -> SignedKeyset {
        try ChangeKeys(in: directory(), of: server, time: time).run(change, root: root())
    }

    private func names() throws -> [String] {
        try directory().keys.names().map { "keys/" + $0 } + directory().secrets.names().map { "secrets/" + $0 }
    }

    private func outside(_ name: String) -> OutsideFile { OutsideFile(temporary.path(name)) }

    @Test func `what is staged and activated is what a start loads`() throws {
        let old = try LoadKeys(server: server).run(from: directory())
        let staged = try change(.stage)
        #expect(try LoadKeys(server: server).run(from: directory()).keyID == old.keyID)
        try change(.activate)
        let new = try LoadKeys(server: server).run(from: directory())
        #expect(new.keyID == staged.keyset.stagedKey(at: time.now())?.id)
        #expect(new.keyset.keyset.version == 3)
        let files = try KeyFiles(in: directory(), of: new.keyset)
        #expect(files.isRootHere)
        #expect(files.steps.count == 2 && files.steps.allSatisfy { $0.contains("online-\(old.keyID).") })
    }

    @Test func `one command at a time`() throws {
        do {
            let first = try ChangeKeys(in: directory(), of: server, time: time)
            #expect(throws: KeysProblem.file(.busy(path: temporary.path("keys")))) {
                try ChangeKeys(in: directory(), of: server, time: time)
            }
            withExtendedLifetime(first) {}
        }
        try change(.renew)
    }

    @Test func `a staged key whose file is lost is not activated`() throws {
        let staged = try change(.stage)
        let id = try #require(staged.keyset.stagedKey(at: time.now())).id
        unlink(temporary.path("keys/online-\(id).sealed"))
        let path = temporary.path("keys/online-\(id).sealed")
        #expect(throws: KeysProblem.file(.missing(path: path))) { try change(.activate) }
        #expect(try directory().loadKeyset(of: server) == staged)
    }

    @Test func `another root, a wrong passphrase and a root that is elsewhere are told apart`() throws {
        let wanted = try root().publicKey
        let keyset = try directory().loadKeyset(of: server)
        let file = try RootKeyFile(of: keyset, in: directory())
        let wrong = SecretBytes(copying: Array("wrong".utf8))
        let path = temporary.path("keys/root.sealed")
        #expect(throws: KeysProblem.sealed(path: path, .wrongPassphraseOrChanged)) { try file.open(wrong, for: wanted) }
        let other = try NewRoot(passphrase: passphrase, cost: .minimum)
        #expect(throws: KeysProblem.self) { try file.open(passphrase, for: other.publicKey) }
        unlink(path)
        #expect(throws: KeysProblem.rootElsewhere(path: path)) { try RootKeyFile(of: keyset, in: directory()) }
    }

    @Test func `a new root signs from then on, and the old file stays`() throws {
        let old = try root()
        let new = try NewRoot(passphrase: passphrase, cost: .minimum)
        let signed = try ChangeKeys(in: directory(), of: server, time: time)
            .rotateRoot(from: old, to: new, newRootFile: nil)
        #expect(signed.keyset.root == new.publicKey && signed.envelope.isSigned(by: old.publicKey, as: .keyset))
        #expect(try names().contains("keys/root.sealed"))
        #expect(try root().publicKey == new.publicKey)
        let next = try change(.renew)
        #expect(next.rotations == [signed.envelope])
        #expect(try directory().loadKeyset(of: server) == next)
    }

    /// `root.sealed` stays where it is when the new root goes elsewhere, and was taken for the present one.
    @Test(arguments: [true, false])
    func `an earlier root is not taken for the present one`(_ isElsewhere: Bool) throws {
        let new = try NewRoot(passphrase: passphrase, cost: .minimum)
        let name = "root-\(KeyID(of: new.publicKey)).sealed"
        var keyset = try ChangeKeys(in: directory(), of: server, time: time)
            .rotateRoot(from: root(), to: new, newRootFile: isElsewhere ? outside(name) : nil)
        if !isElsewhere {
            #expect(try KeyFiles(in: directory(), of: keyset).isRootHere)
            rename(temporary.path("keys/" + name), temporary.path(name))
        }
        for later in 0...1 {
            let files = try KeyFiles(in: directory(), of: keyset)
            #expect(!files.isRootHere && files.lines.contains { $0.hasPrefix(temporary.path("keys/root.sealed")) })
            let steps = KeysStatus(of: keyset.keyset, now: keyset.keyset.expires, files: files).steps
            #expect(steps.contains { $0.contains("where the root is") } && !steps.contains("homeserver keys renew"))
            #expect(throws: KeysProblem.rootElsewhere(path: temporary.path("keys/" + name))) {
                try RootKeyFile(of: keyset, in: directory())
            }
            let made = try BackUpKeys(of: directory(), server: server).run(
                to: outside("backup\(later)"), passphrase: passphrase, cost: .minimum)
            #expect(!made.hasRoot && made.files.contains("root.sealed"))
            // Of the keyset after that one only what it carries tells that the root was changed.
            keyset = try ChangeKeys(in: directory(), of: server, time: time).run(.renew, root: new.key)
        }
        rename(temporary.path(name), temporary.path("keys/" + name))
        #expect(try KeyFiles(in: directory(), of: keyset).isRootHere && root().publicKey == new.publicKey)
        let made = try BackUpKeys(of: directory(), server: server).run(
            to: outside("backup2"), passphrase: passphrase, cost: .minimum)
        #expect(made.hasRoot)
    }

    // MARK: The root on another machine

    @Test func `by file there and back`() throws {
        let signing = try root()
        unlink(temporary.path("keys/root.sealed"))
        let sent = try ExportKeys(from: directory(), of: server).run(to: outside("out.json"), isStaging: true)
        let there = ChangeKeysByFile(try KeysTransfer(reading: outside("out.json")), time: time)
        #expect(throws: KeysProblem.file(.exists(path: temporary.path("out.json")))) {
            try there.run(.stage, root: signing, to: outside("out.json"))
        }
        _ = try there.run(.stage, root: signing, to: outside("back.json"))
        let back = try KeysTransfer(reading: outside("back.json")).keyset
        let path = temporary.path("back.json")
        let checked = try ChangeKeys(in: directory(), of: server, time: time).check(back, path: path)
        #expect(checked.keys.map(\.id) == [KeyID(of: try #require(sent.newKey))])
        #expect(try directory().loadKeyset(of: server).keyset.version == 1, "only looked at")
        #expect(try !ChangeKeys(in: directory(), of: server, time: time).install(back, path: path).isEmpty)
        #expect(try ChangeKeys(in: directory(), of: server, time: time).install(back, path: path).isEmpty)
        #expect(try directory().loadKeyset(of: server) == back)
    }

    @Test func `what does not follow is not installed`() throws {
        let first = try directory().loadKeyset(of: server)
        let signing = try root()
        let change = ChangeKeysByFile(KeysTransfer(first), time: time)
        let left = try change.run(.renew, root: signing, to: outside("left.json"))
        time.advance(by: .seconds(1))
        let right = try change.run(.renew, root: signing, to: outside("right.json"))
        func install(_ keyset: SignedKeyset) throws {
            _ = try ChangeKeys(in: directory(), of: server, time: time).install(keyset, path: "f")
        }
        try install(left)
        #expect(throws: KeysProblem.refused(path: "f", .equivocation)) { try install(right) }
        #expect(throws: KeysProblem.refused(path: "f", .rollback)) { try install(first) }
        let thief = try TestKeys("a.example")
        #expect(throws: KeysProblem.refused(path: "f", .rootChanged)) { try install(thief.keyset(version: 9)) }
        // A good keyset whose signing key was made on some other machine.
        let stranger = try TestKeys.newKey().publicKey
        let foreign = try NextKeyset.sign(
            try KeysetChange.revoke(nil, at: nil).next(after: left, fresh: stranger, now: time.now()), after: left,
            with: [signing], now: time.now())
        #expect(throws: KeysProblem.self) { try install(foreign) }
        #expect(try directory().loadKeyset(of: server) == left)
    }

    // MARK: Backup

    @Test func `a backup restores everything, and only what is not newer`() throws {
        try change(.stage)
        let word = SecretBytes(copying: Array("the backup's own".utf8))
        let made = try BackUpKeys(of: directory(), server: server).run(
            to: outside("backup"), passphrase: word, cost: .minimum)
        #expect(made.hasRoot && made.files.count == 3 && temporary.mode("backup") == 0o600)
        #expect(throws: KeysProblem.file(.exists(path: temporary.path("backup")))) {
            try BackUpKeys(of: directory(), server: server).run(
                to: outside("backup"), passphrase: word, cost: .minimum)
        }
        let before = try names()
        func restore(_ keys: String, _ secrets: String, _ word: SecretBytes) throws -> Keyset {
            try RestoreKeys(server: server, time: time).run(
                from: outside("backup"), passphrase: word, keysPath: temporary.path(keys),
                secretsPath: temporary.path(secrets))
        }
        #expect(throws: KeysProblem.self) { try restore("k2", "s2", passphrase) }
        #expect(FileStatus(at: temporary.path("k2")) == nil, "a wrong passphrase makes nothing")
        _ = try restore("k2", "s2", word)
        let copy = try KeyDirectory(keysPath: temporary.path("k2"), secretsPath: temporary.path("s2"))
        #expect(try copy.keys.names().map { "keys/" + $0 } + copy.secrets.names().map { "secrets/" + $0 } == before)
        _ = try LoadKeys(server: server).run(from: copy)

        // In place: what is missing comes back, what is there stays, and a newer keyset is never taken back.
        unlink(temporary.path("keys/root.sealed"))
        _ = try restore("keys", "secrets", word)
        #expect(try names() == before)
        let newer = try change(.activate)
        #expect(throws: KeysProblem.refused(path: temporary.path("backup"), .rollback)) {
            try restore("keys", "secrets", word)
        }
        #expect(try directory().loadKeyset(of: server) == newer)
        try temporary.write("keys/root.sealed", "another")
        #expect(throws: KeysProblem.self) { try restore("keys", "secrets", word) }
    }

    @Test(arguments: ["", "{", #"{"v":1}"#, #"{"v":2,"keyset":{}}"#, "[]"])
    func `a broken file of any kind names itself`(_ text: String) throws {
        try temporary.write("broken", text)
        let path = temporary.path("broken")
        for read in [
            { _ = try KeysTransfer(reading: outside("broken")) },
            {
                _ = try RestoreKeys(server: server).run(
                    from: outside("broken"), passphrase: passphrase, keysPath: temporary.path("k"),
                    secretsPath: temporary.path("s"))
            }, { _ = try RootKeyFile(outside("broken")) },
        ] {
            let problem = try #require(throws: KeysProblem.self) { try read() }
            #expect(problem.description.hasPrefix(path))
        }
    }
}
