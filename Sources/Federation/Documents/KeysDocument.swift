package import Sodium
package import Wire

/// The body of `GET /federation/v1/keys`: `{"v": 1, "keyset": envelope, "freshness": envelope}`.
package struct KeysDocument: Equatable, Sendable {
    package static let maximumBytes = 131_072

    package let keyset: SignedKeyset
    package let freshness: Freshness
    private let freshnessEnvelope: Envelope

    package init(_ keyset: SignedKeyset, at now: Instant, signedBy active: Ed25519.SigningKey) {
        self.keyset = keyset
        freshness = Freshness(keysetSHA256: keyset.sha256, at: now)
        freshnessEnvelope = Envelope(signing: JSONWriter.bytes(of: freshness), as: .freshness, with: [active])
    }

    /// Reads all layers and checks that the keyset's active key signed the freshness; the keyset itself is for
    /// `KeysetPolicy` to judge.
    package init(parsing body: [UInt8]) throws(FieldError) {
        guard body.count <= KeysDocument.maximumBytes else {
            throw FieldError(field: "body", problem: "is longer than \(KeysDocument.maximumBytes) bytes")
        }
        let parsed: JSON
        do throws(JSONError) {
            parsed = try JSON.parse(body)
        } catch {
            throw FieldError(field: "body", problem: error.problem.rawValue)
        }
        guard let object = parsed.object else { throw FieldError(field: "body", problem: "must be an object") }
        _ = try object.integer("v", in: 1...1)
        keyset = try SignedKeyset(try object.object("keyset"))
        freshnessEnvelope = try Envelope(try object.object("freshness"))
        freshness = try Freshness(parsing: freshnessEnvelope.payload)
        guard let active = keyset.keyset.activeKey, freshnessEnvelope.isSigned(by: active.publicKey, as: .freshness)
        else {
            throw FieldError(field: "freshness.signatures", problem: "must hold one of the active key")
        }
    }

    package var bytes: [UInt8] { JSONWriter.bytes(of: self) }
}

extension KeysDocument: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("keyset", keyset)
        writer.field("freshness", freshnessEnvelope)
        writer.endObject()
    }
}
