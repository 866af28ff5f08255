package import Sodium
package import Wire

/// Signed bytes on their way over a link or into a file: `{"payload": base64, "signatures": [{"key", "sig"}]}`.
///
/// What is signed is `"home-doc-v1\0"`, the kind, `"\0"` and the payload as it is: JSON is never written anew to check it.
package struct Envelope: Equatable, Sendable {
    /// What the payload is; a signature of one kind means nothing for another.
    package enum Kind: String, Sendable {
        case keyset
        case freshness
    }

    package struct Signature: Equatable, Sendable {
        package let key: KeyID
        package let bytes: [UInt8]
    }

    package static let maximumPayloadBytes = 65_536
    /// Two are enough (the old and the new root).
    package static let maximumSignatures = 8

    package let payload: [UInt8]
    package let signatures: [Signature]

    package init(signing payload: [UInt8], as kind: Kind, with keys: [Ed25519.SigningKey]) {
        self.payload = payload
        let bytes = Envelope.signedBytes(kind, payload)
        signatures = keys.map { Signature(key: KeyID(of: $0.publicKey), bytes: $0.sign(bytes)) }
    }

    /// Reads the form; no signature is checked yet.
    package init(_ object: JSONObject) throws(FieldError) {
        let encoded = try object.string("payload", maxBytes: Envelope.maximumPayloadBytes / 3 * 4 + 4)
        guard let payload = Base64.decode(encoded), !payload.isEmpty else {
            throw object.problem("payload", "must be padded base64")
        }
        self.payload = payload
        var signatures: [Signature] = []
        for entry in try object.objects("signatures", maxCount: Envelope.maximumSignatures) {
            guard let key = KeyID(try entry.string("key")) else { throw entry.problem("key", "must be a key id") }
            guard let bytes = Base64.decode(try entry.string("sig", maxBytes: 88)),
                bytes.count == Ed25519.signatureBytes
            else { throw entry.problem("sig", "must be the base64 of 64 bytes") }
            guard !signatures.contains(where: { $0.key == key }) else { throw entry.problem("key", "is there twice") }
            signatures.append(Signature(key: key, bytes: bytes))
        }
        self.signatures = signatures
    }

    package func isSigned(by key: Ed25519.PublicKey, as kind: Kind) -> Bool {
        let id = KeyID(of: key)
        guard let signature = signatures.first(where: { $0.key == id }) else { return false }
        return key.verify(signature: signature.bytes, of: Envelope.signedBytes(kind, payload))
    }

    private static func signedBytes(_ kind: Kind, _ payload: [UInt8]) -> [UInt8] {
        Array("home-doc-v1\0\(kind.rawValue)\0".utf8) + payload
    }
}

extension Envelope: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writeFields(to: &writer)
        writer.endObject()
    }

    /// The two fields, for an object that has others too.
    func writeFields(to writer: inout JSONWriter) {
        writer.field("payload", Base64.encode(payload))
        writer.key("signatures")
        writer.beginArray()
        for signature in signatures {
            writer.beginObject()
            writer.field("key", signature.key.text)
            writer.field("sig", Base64.encode(signature.bytes))
            writer.endObject()
        }
        writer.endArray()
    }
}
