package import Sodium
package import Wire

/// Where a homeserver's own keys lie: the sealed ones and the keyset in one directory, the online key's passphrase in
/// another, so that a copy of the first alone opens nothing.
package struct KeyDirectory: Sendable {
    static let rootName = "root.sealed"
    static let rootID = "root"
    static let keysetName = "keyset.json"
    /// Only of a throw-away root: a real one's passphrase is the operator's.
    static let rootPassphraseName = "root.passphrase"

    package let keys: SecretDirectory
    package let secrets: SecretDirectory

    /// Opens both; they must be there, with the right modes and owners.
    package init(keysPath: String, secretsPath: String) throws(KeysProblem) {
        do throws(KeyFileProblem) {
            keys = try SecretDirectory(opening: keysPath)
            secrets = try SecretDirectory(opening: secretsPath)
        } catch {
            throw .file(error)
        }
    }

    /// Makes what is missing of both.
    package init(makingKeysPath keysPath: String, secretsPath: String) throws(KeysProblem) {
        do throws(KeyFileProblem) {
            keys = try SecretDirectory(making: keysPath)
            secrets = try SecretDirectory(making: secretsPath)
        } catch {
            throw .file(error)
        }
    }

    /// Of a root that has taken the place of an earlier one, whose file is left alone.
    static func rootName(_ root: Ed25519.PublicKey) -> String { "root-\(KeyID(of: root)).sealed" }
    static func onlineID(_ id: KeyID) -> String { "online-\(id)" }
    static func onlineName(_ id: KeyID) -> String { "online-\(id).sealed" }
    static func passphraseName(_ id: KeyID) -> String { "online-\(id).passphrase" }

    /// Keeps other commands from changing anything for as long as `keys` lives.
    func lock() throws(KeysProblem) {
        do throws(KeyFileProblem) {
            try keys.lock()
        } catch {
            throw .file(error)
        }
    }

    /// Puts a keyset in the place of the present one; the files of its keys must be there.
    ///
    /// - Parameter undo: Takes those files back when nothing came of it.
    func publish(_ signed: SignedKeyset, undo: () -> Void = {}) throws(KeysProblem) {
        do throws(KeyFileProblem) {
            try keys.replace(KeyDirectory.keysetName, KeyDirectory.bytes(of: signed))
        } catch {
            // When only the last fsync has failed the new keyset is there, and needs its keys.
            if (try? loadKeyset())?.sha256 != signed.sha256 { undo() }
            throw .file(error)
        }
    }

    /// Writes both files of a new online key, or neither.
    func create(_ fresh: FreshOnlineKey) throws(KeysProblem) {
        do throws(KeyFileProblem) {
            try fresh.create(in: self)
        } catch {
            throw .file(error)
        }
    }

    /// Writes a new root's file under a name of its own.
    func createRoot(_ root: NewRoot) throws(KeysProblem) {
        do throws(KeyFileProblem) {
            try keys.create(KeyDirectory.rootName(root.publicKey), root.sealed)
        } catch {
            throw .file(error)
        }
    }

    /// The passphrase of a throw-away root; nil when there is none.
    package func throwAwayPassphrase() throws(KeysProblem) -> SecretBytes? {
        guard secrets.contains(KeyDirectory.rootPassphraseName) else { return nil }
        var text = try read(secrets, KeyDirectory.rootPassphraseName, maximumBytes: 4096)
        defer { SecretBytes.wipe(&text) }
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        return SecretBytes(copying: text)
    }

    /// The keyset of this homeserver, whose root must have signed it.
    package func loadKeyset(of server: ServerName) throws(KeysProblem) -> SignedKeyset {
        let keyset = try loadKeyset()
        guard keyset.keyset.server == server else {
            let path = keys.path(of: KeyDirectory.keysetName)
            throw .wrongServer(path: path, found: keyset.keyset.server, wanted: server)
        }
        return keyset
    }

    private func loadKeyset() throws(KeysProblem) -> SignedKeyset {
        let path = keys.path(of: KeyDirectory.keysetName)
        let bytes = try read(keys, KeyDirectory.keysetName, maximumBytes: KeysDocument.maximumBytes)
        let object = try KeyDirectory.object(of: bytes, path: path)
        do throws(FieldError) {
            let keyset = try SignedKeyset(object)
            guard keyset.envelope.isSigned(by: keyset.keyset.root, as: .keyset) else {
                throw FieldError(field: "signatures", problem: "must hold one of the root")
            }
            return keyset
        } catch {
            throw .invalid(path: path, problem: "\(error)")
        }
    }

    /// The JSON object that a file is.
    static func object(of bytes: [UInt8], path: String) throws(KeysProblem) -> JSONObject {
        let parsed: JSON
        do throws(JSONError) {
            parsed = try JSON.parse(bytes)
        } catch {
            throw .invalid(path: path, problem: "\(error)")
        }
        guard let object = parsed.object else { throw .invalid(path: path, problem: "must be an object") }
        return object
    }

    /// The content of the keyset's file.
    static func bytes(of keyset: SignedKeyset) -> [UInt8] {
        JSONWriter.bytes(of: keyset) + [UInt8(ascii: "\n")]
    }

    /// The online key of that id, opened with the passphrase in the other directory.
    func loadOnlineKey(_ key: Ed25519.PublicKey) throws(KeysProblem) -> Ed25519.SigningKey {
        let id = KeyID(of: key)
        var text = try passphrase(of: id)
        defer { SecretBytes.wipe(&text) }
        let name = KeyDirectory.onlineName(id)
        let file = try read(keys, name, maximumBytes: SealedFile.maximumFileBytes)
        return try KeyDirectory.openOnlineKey(file, key, SecretBytes(copying: text), path: keys.path(of: name))
    }

    /// What opens an online key; the caller wipes it.
    func passphrase(of id: KeyID) throws(KeysProblem) -> [UInt8] {
        var text = try read(secrets, KeyDirectory.passphraseName(id), maximumBytes: 4096)
        if text.last == UInt8(ascii: "\n") { text.removeLast() }
        return text
    }

    /// The key in a sealed file's bytes, which must be the one that is wanted.
    static func openOnlineKey(
        _ file: [UInt8], _ key: Ed25519.PublicKey, _ passphrase: SecretBytes, path: String
    ) throws(KeysProblem) -> Ed25519.SigningKey {
        let opened: Ed25519.SigningKey?
        do throws(SealedFileError) {
            let sealed = try SealedFile(parsing: file)
            guard sealed.id == onlineID(KeyID(of: key)) else { throw .malformed("id") }
            opened = Ed25519.SigningKey(seed: try sealed.open(passphrase: passphrase))
        } catch {
            throw .sealed(path: path, error)
        }
        guard let opened, opened.publicKey == key else { throw .invalid(path: path, problem: "holds another key") }
        return opened
    }

    // MARK: Names

    static func isRootName(_ name: String) -> Bool {
        guard name.hasPrefix("root-"), name.hasSuffix(".sealed") else { return name == rootName }
        return KeyID(String(name.dropFirst(5).dropLast(7))) != nil
    }

    /// Whose key an `online-ID.sealed` or `online-ID.passphrase` is.
    static func onlineID(inName name: String) -> KeyID? {
        guard name.hasPrefix("online-"), let end = name.lastIndex(of: "."),
            [".sealed", ".passphrase"].contains(name[end...])
        else { return nil }
        return KeyID(String(name[..<end].dropFirst(7)))
    }

    /// Where the root that signs after this keyset has to lie, of these names: under its own name or, while it is the first,
    /// as `root.sealed`. The file does not say whose it is before it is opened, so once the root was changed that name is
    /// an earlier one's.
    static func rootName(of signed: SignedKeyset, among names: [String]) -> String {
        let own = rootName(signed.keyset.root)
        return names.contains(own) || !signed.rotationsForNext.isEmpty ? own : rootName
    }

    /// The root files that are here.
    func rootNames() throws(KeysProblem) -> [String] {
        do throws(KeyFileProblem) {
            return try keys.names().filter { KeyDirectory.isRootName($0) }
        } catch {
            throw .file(error)
        }
    }

    package var hasKeyset: Bool { keys.contains(KeyDirectory.keysetName) }

    func read(
        _ directory: SecretDirectory, _ name: String, maximumBytes: Int
    ) throws(KeysProblem) -> [UInt8] {
        do throws(KeyFileProblem) {
            return try directory.read(name, maximumBytes: maximumBytes)
        } catch {
            throw .file(error)
        }
    }
}
