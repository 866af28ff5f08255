import Sodium
package import Wire

/// The JSON of a keyset: written once, when it is signed, and read with every rule that needs no other document.
extension Keyset: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server", server)
        writer.field("version", version)
        writer.field("prev_sha256", previousSHA256.map { Hex.encode($0) })
        writer.field("issued", issued)
        writer.field("expires", expires)
        writer.field("root", Base64.encode(root.bytes))
        writer.field("keys", keys)
        writer.endObject()
    }

    package init(parsing payload: [UInt8]) throws(FieldError) {
        let parsed: JSON
        do throws(JSONError) {
            parsed = try JSON.parse(payload)
        } catch {
            throw FieldError(field: "keyset", problem: error.problem.rawValue)
        }
        guard let object = parsed.object?.at("keyset") else {
            throw FieldError(field: "keyset", problem: "must be an object")
        }
        try self.init(object)
    }

    private init(_ object: JSONObject) throws(FieldError) {
        let version = try object.integer("version", in: 1...Limits.largestNumber)
        let issued = try object.instant("issued")
        let expires = try object.instant("expires")
        guard expires > issued, expires - issued <= Keyset.maximumLife else {
            throw object.problem("expires", "must be at most 366 days after issued")
        }
        let root = try Keyset.publicKey("root", of: object)
        let keys = try Keyset.keys(of: object, issued: issued)
        guard !keys.contains(where: { $0.publicKey == root }) else {
            throw object.problem("keys", "must not hold the root")
        }
        self.init(
            server: try object.serverName("server"), version: version,
            previousSHA256: try Keyset.previous(of: object, version: version), issued: issued, expires: expires,
            root: root, keys: keys)
    }

    private static func previous(of object: JSONObject, version: Int64) throws(FieldError) -> [UInt8]? {
        guard let text = try object.optionalString("prev_sha256") else {
            guard version == 1 else { throw object.problem("prev_sha256", "is missing") }
            return nil
        }
        guard version > 1 else { throw object.problem("prev_sha256", "must be absent in version 1") }
        guard let hash = Hex.decode(text), hash.count == SHA256.byteCount else {
            throw object.problem("prev_sha256", "must be 64 lower-case hex digits")
        }
        return hash
    }

    private static func keys(of object: JSONObject, issued: Instant) throws(FieldError) -> [KeysetKey] {
        var keys: [KeysetKey] = []
        for entry in try object.objects("keys", maxCount: maximumKeys) {
            let key = try KeysetKey(entry, issued: issued)
            guard !keys.contains(where: { $0.id == key.id }) else { throw entry.problem("id", "is there twice") }
            guard key.state != .active || !keys.contains(where: { $0.state == .active }) else {
                throw entry.problem("state", "is active in two keys")
            }
            keys.append(key)
        }
        guard !keys.isEmpty else { throw object.problem("keys", "must not be empty") }
        return keys
    }

    static func publicKey(_ field: String, of object: JSONObject) throws(FieldError) -> Ed25519.PublicKey {
        guard let bytes = Base64.decode(try object.string(field, maxBytes: 64)),
            let key = Ed25519.PublicKey(bytes: bytes)
        else { throw object.problem(field, "must be the base64 of a strong Ed25519 public key") }
        guard !KnownKeys.contains(key) else { throw object.problem(field, "is a key whose secret is published") }
        return key
    }
}

extension KeysetKey: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("id", id.text)
        writer.field("public", Base64.encode(publicKey.bytes))
        writer.field("not_before", notBefore)
        writer.field("not_after", notAfter)
        writer.field("state", state.rawValue)
        writer.field("revoked_at", revokedAt)
        writer.endObject()
    }

    fileprivate init(_ object: JSONObject, issued: Instant) throws(FieldError) {
        let publicKey = try Keyset.publicKey("public", of: object)
        guard try object.string("id") == KeyID(of: publicKey).text else {
            throw object.problem("id", "must be the first 16 hex digits of the SHA-256 of public")
        }
        let notBefore = try object.instant("not_before")
        let notAfter = try object.instant("not_after")
        guard notAfter > notBefore, notAfter - notBefore <= Keyset.maximumKeyLife else {
            throw object.problem("not_after", "must be at most 90 days after not_before")
        }
        guard let state = State(rawValue: try object.string("state")) else {
            throw object.problem("state", "must be next, active, retired or revoked")
        }
        guard state != .retired || notAfter <= issued + Keyset.retirement else {
            throw object.problem("not_after", "of a retired key must be at most 10 minutes after issued")
        }
        let revokedAt = try object.optionalInstant("revoked_at")
        guard (revokedAt != nil) == (state == .revoked) else {
            throw object.problem("revoked_at", "must be there in revoked keys only")
        }
        self.init(
            publicKey: publicKey, notBefore: notBefore, notAfter: notAfter, state: state, revokedAt: revokedAt)
    }
}
