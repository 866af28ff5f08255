import CSodium

/// Pure Ed25519 (RFC 8032 §5.1) through libsodium's detached functions only: its multi-part ones are Ed25519ph.
package enum Ed25519 {
    package static let seedBytes = 32
    package static let publicKeyBytes = 32
    package static let signatureBytes = 64

    /// A key that signs; its secret lives in locked memory until the last owner lets it go.
    package final class SigningKey: Sendable {
        package let publicKey: PublicKey
        private let secret: SecretBytes

        /// Nil unless `seed` has 32 bytes.
        package init?(seed: SecretBytes) {
            guard seed.count == Ed25519.seedBytes else { return nil }
            var publicBytes = [UInt8](repeating: 0, count: Ed25519.publicKeyBytes)
            secret = SecretBytes(count: Int(crypto_sign_SECRETKEYBYTES)) { memory in
                seed.withAddress { _ = crypto_sign_seed_keypair(&publicBytes, memory, $0) }
            }
            guard let publicKey = PublicKey(bytes: publicBytes) else { return nil }
            self.publicKey = publicKey
        }

        /// The 64 bytes of the signature of `bytes`.
        package func sign(_ bytes: some Collection<UInt8>) -> [UInt8] {
            var signature = [UInt8](repeating: 0, count: Ed25519.signatureBytes)
            secret.withAddress { secret in
                withBytes(of: bytes) { message, count in
                    _ = crypto_sign_detached(&signature, nil, message, UInt64(count), secret)
                }
            }
            return signature
        }
    }

    /// A key that verifies: a canonical point of the main subgroup, so never one of small order.
    package struct PublicKey: Hashable, Sendable {
        package let bytes: [UInt8]

        /// Nil for a wrong length, a point that is not on the curve or not canonical, or a weak one.
        package init?(bytes: [UInt8]) {
            Sodium.prepare()
            guard bytes.count == Ed25519.publicKeyBytes, crypto_core_ed25519_is_valid_point(bytes) == 1 else {
                return nil
            }
            self.bytes = bytes
        }

        package func verify(signature: [UInt8], of bytes: some Collection<UInt8>) -> Bool {
            guard signature.count == Ed25519.signatureBytes else { return false }
            return withBytes(of: bytes) { message, count in
                crypto_sign_verify_detached(signature, message, UInt64(count), self.bytes) == 0
            }
        }
    }
}
