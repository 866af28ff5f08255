import Sodium
import Wire

/// A homeserver's keys in one file: the keyset and the sealed files as they are, and what opens the online keys under a
/// passphrase of the backup's own. `{"v": 1, "keyset": …, "files": [{"name", "text"}], "passphrases": sealed text}`.
struct KeysBackup {
    static let maximumBytes = 262_144
    /// Two roots and two online keys are usual.
    static let maximumFiles = 64
    private static let sealedID = "backup"

    struct File: Equatable {
        let name: String
        let text: String
    }

    let keyset: SignedKeyset
    let files: [File]
    private let passphrases: String

    /// Collects what the directory has: every root, and the online keys that may still sign.
    init(
        of directory: KeyDirectory, server: ServerName, passphrase: SecretBytes, cost: Argon2id.Cost
    )
        throws(KeysProblem)
    {
        keyset = try directory.loadKeyset(of: server)
        let keys = keyset.keyset.keys.filter { $0.state == .active || $0.state == .next }
        var files: [File] = []
        for name in try directory.rootNames() {
            files.append(try KeysBackup.file(name, in: directory))
        }
        var opening: [UInt8] = []
        defer { SecretBytes.wipe(&opening) }
        for key in keys {
            _ = try directory.loadOnlineKey(key.publicKey)
            files.append(try KeysBackup.file(KeyDirectory.onlineName(key.id), in: directory))
            var secret = try directory.passphrase(of: key.id)
            defer { SecretBytes.wipe(&secret) }
            opening += Array("\(key.id) ".utf8) + secret + [UInt8(ascii: "\n")]
        }
        self.files = files
        do throws(SealedFileError) {
            let sealed = try SealedFile.seal(
                SecretBytes(copying: opening), id: KeysBackup.sealedID, passphrase: passphrase, cost: cost)
            passphrases = String(decoding: sealed, as: UTF8.self)
        } catch {
            throw .sealed(path: "the backup", error)
        }
    }

    init(reading file: OutsideFile) throws(KeysProblem) {
        let bytes = try file.read(maximumBytes: KeysBackup.maximumBytes, isPrivate: true)
        let object = try KeyDirectory.object(of: bytes, path: file.path)
        do throws(FieldError) {
            _ = try object.integer("v", in: 1...1)
            keyset = try SignedKeyset(try object.object("keyset"))
            guard keyset.envelope.isSigned(by: keyset.keyset.root, as: .keyset) else {
                throw FieldError(field: "keyset.signatures", problem: "must hold one of the root")
            }
            var files: [File] = []
            for entry in try object.objects("files", maxCount: KeysBackup.maximumFiles) {
                let name = try entry.string("name", maxBytes: 64)
                guard KeyDirectory.isRootName(name) || KeyDirectory.onlineID(inName: name) != nil else {
                    throw entry.problem("name", "is no key's file")
                }
                guard !files.contains(where: { $0.name == name }) else { throw entry.problem("name", "is there twice") }
                files.append(
                    File(name: name, text: try entry.string("text", maxBytes: SealedFile.maximumFileBytes)))
            }
            self.files = files
            passphrases = try object.string("passphrases", maxBytes: SealedFile.maximumFileBytes)
        } catch {
            throw .invalid(path: file.path, problem: error.description)
        }
    }

    /// What opens each online key; every one must open and be one of the keyset's.
    func openedPassphrases(_ passphrase: SecretBytes, path: String) throws(KeysProblem) -> [KeyID: SecretBytes] {
        var found: [KeyID: SecretBytes] = [:]
        do throws(SealedFileError) {
            let sealed = try SealedFile(parsing: Array(passphrases.utf8))
            guard sealed.id == KeysBackup.sealedID else { throw .malformed("id") }
            let lines = try sealed.open(passphrase: passphrase).withBytes { bytes in
                bytes.split(separator: UInt8(ascii: "\n")).map { SecretBytes(copying: $0) }
            }
            for line in lines {
                let (id, secret) = line.withBytes { bytes in
                    let parts = bytes.split(separator: UInt8(ascii: " "), maxSplits: 1)
                    return (
                        KeyID(String(decoding: parts.first ?? bytes[0..<0], as: UTF8.self)),
                        SecretBytes(copying: parts.last ?? bytes[0..<0])
                    )
                }
                guard let id else { throw .malformed("passphrases") }
                found[id] = secret
            }
        } catch {
            throw .sealed(path: path, error)
        }
        for file in files {
            guard let id = KeyDirectory.onlineID(inName: file.name) else { continue }
            try check(file, id, found[id], path: path)
        }
        return found
    }

    private func check(_ file: File, _ id: KeyID, _ secret: SecretBytes?, path: String) throws(KeysProblem) {
        guard let secret, let key = keyset.keyset.key(id) else {
            throw .invalid(path: path, problem: "has \(file.name) without what opens it")
        }
        _ = try KeyDirectory.openOnlineKey(Array(file.text.utf8), key.publicKey, secret, path: path)
    }

    private static func file(_ name: String, in directory: KeyDirectory) throws(KeysProblem) -> File {
        let bytes = try directory.read(directory.keys, name, maximumBytes: SealedFile.maximumFileBytes)
        return File(name: name, text: String(decoding: bytes, as: UTF8.self))
    }
}

extension KeysBackup: JSONWritable {
    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("keyset", keyset)
        writer.key("files")
        writer.beginArray()
        for file in files {
            writer.beginObject()
            writer.field("name", file.name)
            writer.field("text", file.text)
            writer.endObject()
        }
        writer.endArray()
        writer.field("passphrases", passphrases)
        writer.endObject()
    }
}
