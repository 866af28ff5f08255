import Sodium
import Wire

/// The one form of RFC 9421 that links use: which components, which parameters, in which order. docs/federation-keys.md
/// has it with vectors.
package enum SignatureProfile {
    /// A request may be this old.
    package static let past = Duration.seconds(300)
    /// A sender's clock may be this far ahead.
    package static let future = Duration.seconds(60)
    /// `expires` is at most this long after `created`.
    package static let lifetime = Duration.seconds(300)
    package static let nonceBytes = 16
    package static let contentType = "application/json"

    static let label = "fed"
    static let tag = "home-fed-v1"
    static let algorithm = "ed25519"
    static let requestComponents =
        #"("@method" "@path" "@query" "content-digest" "content-type" "fed-origin" "fed-destination")"#
    static let responseComponents = #"("@status" "content-digest" "content-type" "signature";req;key="fed")"#

    static func signatureHeader(_ signature: [UInt8]) -> String {
        "\(label)=:\(Base64.encode(signature)):"
    }

    static func parseSignature(_ header: String) throws(SignatureProblem) -> [UInt8] {
        var cursor = FieldCursor(header, name: "signature")
        try cursor.expect("\(label)=:")
        let signature = try cursor.base64(byteCount: Ed25519.signatureBytes)
        try cursor.expect(":")
        try cursor.expectEnd()
        return signature
    }

    /// The end of both parameter lists, from `;keyid=` on.
    static func closingParameters(keyID: KeyID) -> String {
        ";keyid=\"\(keyID)\";alg=\"\(algorithm)\";tag=\"\(tag)\""
    }

    static func parseClosingParameters(_ cursor: inout FieldCursor) throws(SignatureProblem) -> KeyID {
        try cursor.expect(";keyid=\"", blaming: "keyid")
        guard let keyID = KeyID(try cursor.quotedText(blaming: "keyid")) else { throw .malformed("keyid") }
        try cursor.expect(";alg=\"\(algorithm)\"", blaming: "alg")
        try cursor.expect(";tag=\"\(tag)\"", blaming: "tag")
        try cursor.expectEnd()
        return keyID
    }
}
