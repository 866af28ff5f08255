package import Sodium
package import Wire

/// A keyset together with the envelope that it came in; what `KeysetPolicy` judges and a key file holds.
package struct SignedKeyset: Equatable, Sendable {
    /// How many changes of the root a keyset carries with it; who pinned an older root must pin anew.
    package static let maximumRotations = 4

    package let keyset: Keyset
    package let envelope: Envelope
    /// The keysets with which the root changed, oldest first, each signed by the root before it and by its own: so a
    /// peer that was away while several keysets were signed still follows.
    package let rotations: [Envelope]
    /// Of the payload's bytes; what pins a version.
    package let sha256: [UInt8]

    package init(signing keyset: Keyset, with roots: [Ed25519.SigningKey], rotations: [Envelope] = []) {
        self.keyset = keyset
        self.rotations = rotations
        envelope = Envelope(signing: JSONWriter.bytes(of: keyset), as: .keyset, with: roots)
        sha256 = SHA256.hash(envelope.payload)
    }

    /// Reads the payload; who signed is for `KeysetPolicy` to judge.
    package init(_ envelope: Envelope, rotations: [Envelope] = []) throws(FieldError) {
        keyset = try Keyset(parsing: envelope.payload)
        self.envelope = envelope
        self.rotations = rotations
        sha256 = SHA256.hash(envelope.payload)
    }

    /// Reads all layers.
    package init(_ object: JSONObject) throws(FieldError) {
        var rotations: [Envelope] = []
        if object["rotations"] != nil {
            for entry in try object.objects("rotations", maxCount: SignedKeyset.maximumRotations) {
                rotations.append(try Envelope(entry))
            }
        }
        try self.init(try Envelope(object), rotations: rotations)
    }

    /// What the keyset that follows this one carries: these, and this one if the root changed with it.
    package var rotationsForNext: [Envelope] {
        let all = envelope.signatures.count > 1 ? rotations + [envelope] : rotations
        return Array(all.suffix(SignedKeyset.maximumRotations))
    }

    /// Whether its root is `pinned`, or `pinned` has signed for it: in this keyset or, link by link, in the rotations.
    package func isTrusted(bySigned pinned: Ed25519.PublicKey) -> Bool {
        var trusted = pinned
        for rotation in rotations where keyset.root != trusted && rotation.isSigned(by: trusted, as: .keyset) {
            guard let step = try? Keyset(parsing: rotation.payload), step.server == keyset.server,
                rotation.isSigned(by: step.root, as: .keyset)
            else { continue }
            trusted = step.root
        }
        return keyset.root == trusted || envelope.isSigned(by: trusted, as: .keyset)
    }
}

extension SignedKeyset: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        envelope.writeFields(to: &writer)
        if !rotations.isEmpty { writer.field("rotations", rotations) }
        writer.endObject()
    }
}
