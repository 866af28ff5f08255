import Sodium
package import Wire

/// A homeserver's word that a keyset is its current one, signed by its active key; without it an old keyset could be
/// shown for as long as it has not expired.
package struct Freshness: Equatable, Sendable {
    /// How long after `at` the keyset may be used without asking again.
    package static let life = Duration.seconds(86_400)
    private static let clockAllowance = Duration.seconds(300)

    package let keysetSHA256: [UInt8]
    package let at: Instant

    package init(keysetSHA256: [UInt8], at: Instant) {
        self.keysetSHA256 = keysetSHA256
        self.at = at
    }

    package init(parsing payload: [UInt8]) throws(FieldError) {
        let parsed: JSON
        do throws(JSONError) {
            parsed = try JSON.parse(payload)
        } catch {
            throw FieldError(field: "freshness", problem: error.problem.rawValue)
        }
        guard let object = parsed.object?.at("freshness") else {
            throw FieldError(field: "freshness", problem: "must be an object")
        }
        guard let hash = Hex.decode(try object.string("keyset_sha256")), hash.count == SHA256.byteCount else {
            throw object.problem("keyset_sha256", "must be 64 lower-case hex digits")
        }
        self.init(keysetSHA256: hash, at: try object.instant("at"))
    }

    /// Whether it speaks of this keyset, at a time that is neither too old nor ahead of `now`.
    package func confirms(_ keyset: SignedKeyset, now: Instant) -> Bool {
        keysetSHA256 == keyset.sha256 && at + Freshness.life > now && at <= now + Freshness.clockAllowance
    }
}

extension Freshness: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("keyset_sha256", Hex.encode(keysetSHA256))
        writer.field("at", at)
        writer.endObject()
    }
}
