package import Sodium
package import Wire

/// Where a homeserver's own keys lie: the sealed ones and the keyset in one directory, the online key's passphrase in
/// another, so that a copy of the first alone opens nothing.
package struct KeyDirectory: Sendable {
    static let rootName = "root.sealed"
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

    static func onlineName(_ id: KeyID) -> String { "online-\(id).sealed" }
    static func passphraseName(_ id: KeyID) -> String { "online-\(id).passphrase" }

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
        let parsed: JSON
        do throws(JSONError) {
            parsed = try JSON.parse(bytes)
        } catch {
            throw .invalid(path: path, problem: "\(error)")
        }
        guard let object = parsed.object else { throw .invalid(path: path, problem: "must be an object") }
        do throws(FieldError) {
            let keyset = try SignedKeyset(try Envelope(object))
            guard keyset.envelope.isSigned(by: keyset.keyset.root, as: .keyset) else {
                throw FieldError(field: "signatures", problem: "must hold one of the root")
            }
            return keyset
        } catch {
            throw .invalid(path: path, problem: "\(error)")
        }
    }

    /// The online key of that id, opened with the passphrase in the other directory.
    func loadOnlineKey(_ key: Ed25519.PublicKey) throws(KeysProblem) -> Ed25519.SigningKey {
        let id = KeyID(of: key)
        var passphrase = try read(secrets, KeyDirectory.passphraseName(id), maximumBytes: 4096)
        defer { SecretBytes.wipe(&passphrase) }
        if passphrase.last == UInt8(ascii: "\n") { passphrase.removeLast() }
        let name = KeyDirectory.onlineName(id)
        let path = keys.path(of: name)
        let file = try read(keys, name, maximumBytes: SealedFile.maximumFileBytes)
        let opened: Ed25519.SigningKey?
        do throws(SealedFileError) {
            let sealed = try SealedFile(parsing: file)
            guard sealed.id == "online-\(id)" else { throw .malformed("id") }
            opened = Ed25519.SigningKey(seed: try sealed.open(passphrase: SecretBytes(copying: passphrase)))
        } catch {
            throw .sealed(path: path, error)
        }
        guard let opened, opened.publicKey == key else { throw .invalid(path: path, problem: "holds another key") }
        return opened
    }

    private func read(
        _ directory: SecretDirectory, _ name: String, maximumBytes: Int
    ) throws(KeysProblem) -> [UInt8] {
        do throws(KeyFileProblem) {
            return try directory.read(name, maximumBytes: maximumBytes)
        } catch {
            throw .file(error)
        }
    }
}

/// Why the homeserver's own keys cannot be made or used; the text is for the operator.
package enum KeysProblem: Error, Equatable, CustomStringConvertible, Sendable {
    case file(KeyFileProblem)
    case sealed(path: String, SealedFileError)
    case invalid(path: String, problem: String)
    case wrongServer(path: String, found: ServerName, wanted: ServerName)

    package var description: String {
        switch self {
        case .file(let problem): problem.description
        case .sealed(let path, .wrongPassphraseOrChanged): "\(path): the passphrase is wrong, or the file was changed"
        case .sealed(let path, .malformed(let field)): "\(path): \(field) is not as the format has it"
        case .sealed(let path, .unsupported(let field)):
            "\(path): \(field) is of a kind that this version does not know"
        case .sealed(let path, .tooCostly): "\(path): ops or mem is above what may be asked for"
        case .sealed(let path, .outOfMemory): "\(path): not enough memory to open it"
        case .invalid(let path, let problem): "\(path): \(problem)"
        case .wrongServer(let path, let found, let wanted): "\(path): is the keyset of \(found), not of \(wanted)"
        }
    }
}
