package import Sodium
package import Wire

/// A keyset together with the envelope that it came in; what `KeysetPolicy` judges and a key file holds.
package struct SignedKeyset: Equatable, Sendable {
    package let keyset: Keyset
    package let envelope: Envelope
    /// Of the payload's bytes; what pins a version.
    package let sha256: [UInt8]

    package init(signing keyset: Keyset, with roots: [Ed25519.SigningKey]) {
        self.keyset = keyset
        envelope = Envelope(signing: JSONWriter.bytes(of: keyset), as: .keyset, with: roots)
        sha256 = SHA256.hash(envelope.payload)
    }

    /// Reads both layers; who signed is for `KeysetPolicy` to judge.
    package init(_ envelope: Envelope) throws(FieldError) {
        keyset = try Keyset(parsing: envelope.payload)
        self.envelope = envelope
        sha256 = SHA256.hash(envelope.payload)
    }
}
