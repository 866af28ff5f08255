import CSodium

/// A secret under a passphrase, as the text of a small file: header lines, an empty line, the sealed bytes in hex.
///
/// The header (`v id alg kdf ops mem salt nonce`, in that order) is authenticated together with the secret
/// (XChaCha20-Poly1305, key by Argon2id), so no line of it can be changed. This is the format alone: modes, owners and
/// who may ask for a passphrase are the business of whoever keeps the file.
package struct SealedFile: Sendable {
    /// More than this is refused before any memory is claimed for it.
    package static let maximumCost = Argon2id.Cost(operations: 10, memoryBytes: 1 << 30)
    /// Secrets up to this size.
    package static let maximumSecretBytes = 4096
    /// No sealed file is longer.
    package static let maximumFileBytes = 16_384

    /// What the secret is, such as a key id: 1–64 of `a-z 0-9 -`.
    package let id: String
    package let cost: Argon2id.Cost
    private let salt: [UInt8]
    private let nonce: [UInt8]
    private let header: [UInt8]
    private let sealed: [UInt8]

    /// Seals `secret` under a new salt and nonce and returns the file's bytes.
    package static func seal(
        _ secret: SecretBytes, id: String, passphrase: SecretBytes, cost: Argon2id.Cost
    ) throws(SealedFileError) -> [UInt8] {
        guard isName(id) else { throw .malformed("id") }
        guard secret.count <= maximumSecretBytes else { throw .malformed("secret") }
        guard isWithinMaximum(cost) else { throw .tooCostly }
        let salt = RandomBytes.array(count: Argon2id.saltBytes)
        let nonce = RandomBytes.array(count: nonceBytes)
        let header = headerText(id: id, cost: cost, salt: salt, nonce: nonce)
        guard let key = Argon2id.key(count: keyBytes, passphrase: passphrase, salt: salt, cost: cost) else {
            throw .outOfMemory
        }
        var sealed = [UInt8](repeating: 0, count: secret.count + tagBytes)
        key.withAddress { key in
            secret.withAddress { bytes in
                _ = crypto_aead_xchacha20poly1305_ietf_encrypt(
                    &sealed, nil, bytes, UInt64(secret.count), header, UInt64(header.count), nil, nonce, key)
            }
        }
        return header + [newline] + SealedHex.encode(sealed) + [newline]
    }

    /// Reads the header and bounds its cost; nothing is authenticated before `open`.
    package init(parsing file: [UInt8]) throws(SealedFileError) {
        guard file.count <= SealedFile.maximumFileBytes else { throw .malformed("size") }
        var reader = SealedFileReader(file)
        guard try reader.field("v") == "1" else { throw .unsupported("v") }
        id = try reader.field("id")
        guard SealedFile.isName(id) else { throw .malformed("id") }
        guard try reader.field("alg") == SealedFile.algorithm else { throw .unsupported("alg") }
        guard try reader.field("kdf") == SealedFile.derivation else { throw .unsupported("kdf") }
        cost = Argon2id.Cost(
            operations: try reader.number("ops"), memoryBytes: Int(clamping: try reader.number("mem")))
        guard SealedFile.isWithinMaximum(cost) else { throw .tooCostly }
        salt = try reader.hex("salt", count: Argon2id.saltBytes)
        nonce = try reader.hex("nonce", count: SealedFile.nonceBytes)
        (header, sealed) = try reader.endOfHeader()
        guard sealed.count >= SealedFile.tagBytes else { throw .malformed("secret") }
    }

    /// The secret. Fails the same way for a wrong passphrase and for a changed file: nobody can tell them apart.
    package func open(passphrase: SecretBytes) throws(SealedFileError) -> SecretBytes {
        let cost = self.cost
        guard let key = Argon2id.key(count: SealedFile.keyBytes, passphrase: passphrase, salt: salt, cost: cost) else {
            throw .outOfMemory
        }
        return try SecretBytes(count: sealed.count - SealedFile.tagBytes) { memory throws(SealedFileError) in
            let failed = key.withAddress { key in
                crypto_aead_xchacha20poly1305_ietf_decrypt(
                    memory, nil, nil, sealed, UInt64(sealed.count), header, UInt64(header.count), nonce, key)
            }
            guard failed == 0 else { throw .wrongPassphraseOrChanged }
        }
    }

    private static let algorithm = "xchacha20-poly1305"
    private static let derivation = "argon2id13"
    private static let keyBytes = Int(crypto_aead_xchacha20poly1305_ietf_KEYBYTES)
    private static let nonceBytes = Int(crypto_aead_xchacha20poly1305_ietf_NPUBBYTES)
    private static let tagBytes = Int(crypto_aead_xchacha20poly1305_ietf_ABYTES)
    private static let newline = UInt8(ascii: "\n")

    private static func isWithinMaximum(_ cost: Argon2id.Cost) -> Bool {
        cost.operations <= maximumCost.operations && cost.memoryBytes <= maximumCost.memoryBytes
    }

    private static func isName(_ text: String) -> Bool {
        (1...64).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static func headerText(id: String, cost: Argon2id.Cost, salt: [UInt8], nonce: [UInt8]) -> [UInt8] {
        var text: [UInt8] = []
        text += "v: 1\nid: \(id)\nalg: \(algorithm)\nkdf: \(derivation)\n".utf8
        text += "ops: \(cost.operations)\nmem: \(cost.memoryBytes)\n".utf8
        text += Array("salt: ".utf8) + SealedHex.encode(salt) + [newline]
        text += Array("nonce: ".utf8) + SealedHex.encode(nonce) + [newline]
        return text
    }
}

/// Why a sealed file could not be made or opened.
package enum SealedFileError: Error, Equatable {
    /// This part of the file is not what the format says.
    case malformed(String)
    /// This line names a version or an algorithm that this program does not know.
    case unsupported(String)
    /// `ops` or `mem` asks for more than `SealedFile.maximumCost`.
    case tooCostly
    /// The memory that the cost asks for is not to be had.
    case outOfMemory
    case wrongPassphraseOrChanged
}
