import CSodium

/// SHA-256 (FIPS 180-4), in one call or piece by piece; digests of bodies, key ids, fingerprints, stored tokens.
package struct SHA256: Sendable {
    package static let byteCount = 32

    private var state = crypto_hash_sha256_state()

    package init() {
        Sodium.prepare()
        crypto_hash_sha256_init(&state)
    }

    package mutating func update(_ bytes: some Collection<UInt8>) {
        withBytes(of: bytes) { _ = crypto_hash_sha256_update(&state, $0, UInt64($1)) }
    }

    /// The 32 bytes; what was hashed so far may still be continued.
    package func digest() -> [UInt8] {
        var copy = state
        var digest = [UInt8](repeating: 0, count: SHA256.byteCount)
        crypto_hash_sha256_final(&copy, &digest)
        return digest
    }

    package static func hash(_ bytes: some Collection<UInt8>) -> [UInt8] {
        Sodium.prepare()
        var digest = [UInt8](repeating: 0, count: byteCount)
        withBytes(of: bytes) { _ = crypto_hash_sha256(&digest, $0, UInt64($1)) }
        return digest
    }
}
