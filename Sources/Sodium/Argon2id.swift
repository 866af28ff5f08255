import CSodium

/// Argon2id version 1.3 (RFC 9106) with one lane: passwords of accounts, and the keys of sealed files.
///
/// Each call works for as long as its cost says (tens of milliseconds and up): never on an event loop.
package enum Argon2id {
    /// What one computation takes.
    package struct Cost: Hashable, Sendable {
        /// Passes over the memory.
        package let operations: UInt64
        package let memoryBytes: Int

        package init(operations: UInt64, memoryBytes: Int) {
            self.operations = operations
            self.memoryBytes = memoryBytes
        }

        /// OWASP's minimum for passwords: 19 MiB, 2 passes.
        package static let password = Cost(operations: 2, memoryBytes: 19_456 * 1024)
        /// libsodium's smallest; only for throw-away keys.
        package static let minimum = Cost(operations: 1, memoryBytes: 8192)
        /// 64 MiB, 2 passes.
        package static let interactive = Cost(operations: 2, memoryBytes: 67_108_864)
        /// 256 MiB, 3 passes.
        package static let moderate = Cost(operations: 3, memoryBytes: 268_435_456)
    }

    /// A PHC string, `$argon2id$v=19$m=…,t=…,p=1$salt$hash`, with a new salt. Nil only when the memory is not to be had.
    package static func hash(password: some Collection<UInt8>, cost: Cost = .password) -> String? {
        Sodium.prepare()
        var text = [CChar](repeating: 0, count: Int(crypto_pwhash_STRBYTES))
        let failed = withCharacters(of: password) { password, count in
            crypto_pwhash_str_alg(
                &text, password, UInt64(count), cost.operations, cost.memoryBytes, crypto_pwhash_ALG_ARGON2ID13)
        }
        guard failed == 0 else { return nil }
        return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// False also for a string that is no Argon2id one.
    package static func verify(_ hash: String, password: some Collection<UInt8>) -> Bool {
        Sodium.prepare()
        guard let text = terminated(hash) else { return false }
        return withCharacters(of: password) { password, count in
            crypto_pwhash_str_verify(text, password, UInt64(count)) == 0
        }
    }

    /// Whether a stored string was made at another cost (or is none), so that the next good login should replace it.
    package static func needsRehash(_ hash: String, cost: Cost = .password) -> Bool {
        Sodium.prepare()
        guard let text = terminated(hash) else { return true }
        return crypto_pwhash_str_needs_rehash(text, cost.operations, cost.memoryBytes) != 0
    }

    static let saltBytes = Int(crypto_pwhash_SALTBYTES)

    /// `count` bytes of key from a passphrase. Nil when the memory is not to be had or the cost is below libsodium's minimum.
    static func key(count: Int, passphrase: SecretBytes, salt: [UInt8], cost: Cost) -> SecretBytes? {
        guard salt.count == saltBytes else { return nil }
        var succeeded = false
        let key = SecretBytes(count: count) { memory in
            succeeded = passphrase.withBytes { passphrase in
                withCharacters(of: passphrase) { passphrase, length in
                    crypto_pwhash(
                        memory, UInt64(count), passphrase, UInt64(length), salt, cost.operations, cost.memoryBytes,
                        crypto_pwhash_ALG_ARGON2ID13) == 0
                }
            }
        }
        return succeeded ? key : nil
    }

    private static func withCharacters<Result>(
        of bytes: some Collection<UInt8>, _ body: (UnsafePointer<CChar>, Int) -> Result
    ) -> Result {
        withBytes(of: bytes) { address, count in
            address.withMemoryRebound(to: CChar.self, capacity: max(count, 1)) { body($0, count) }
        }
    }

    /// libsodium reads exactly `crypto_pwhash_STRBYTES` bytes of a stored string.
    private static func terminated(_ hash: String) -> [CChar]? {
        let bytes = Array(hash.utf8)
        let size = Int(crypto_pwhash_STRBYTES)
        guard hash.hasPrefix("$argon2id$"), bytes.count < size, !bytes.contains(0) else { return nil }
        return bytes.map { CChar(bitPattern: $0) } + [CChar](repeating: 0, count: size - bytes.count)
    }
}
