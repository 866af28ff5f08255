import Sodium
import Wire

/// The `Content-Digest` header (RFC 9530) with its one allowed algorithm, over the body's bytes as they are on the wire.
package struct ContentDigest: Equatable, Sendable {
    /// The SHA-256 of the body.
    package let sha256: [UInt8]

    package init(of body: some Collection<UInt8>) {
        sha256 = SHA256.hash(body)
    }

    /// Exactly `sha-256=:BASE64:`; other members, parameters and spaces are refused.
    package init(parsing header: String) throws(SignatureProblem) {
        var cursor = FieldCursor(header, name: "content-digest")
        try cursor.expect("sha-256=:")
        sha256 = try cursor.base64(byteCount: SHA256.byteCount)
        try cursor.expect(":")
        try cursor.expectEnd()
    }

    package var header: String { "sha-256=:\(Base64.encode(sha256)):" }

    /// For a body that was hashed piece by piece.
    package func check(_ digest: [UInt8]) throws(SignatureProblem) {
        guard digest == sha256 else { throw .badDigest }
    }

    package func check(body: some Collection<UInt8>) throws(SignatureProblem) {
        try check(SHA256.hash(body))
    }
}
