package import Sodium
package import Wire

/// The signature of an answer, bound to the request that it answers (RFC 9421 §2.4); made by the incoming side for
/// transactions, hello and echo, checked by the outgoing side before an `ack` is believed.
///
/// It needs no nonce and no window: the request's signature in it was made by us a moment ago.
package struct ResponseSignature: Sendable {
    package let contentDigest: ContentDigest
    package let contentType: String
    /// The answering side's clock.
    package let created: Instant
    package let keyID: KeyID
    package let signature: [UInt8]
    private let base: [UInt8]

    /// Signs an answer to the request that carried `requestSignature`.
    package init(
        status: Int, body: some Collection<UInt8>, contentType: String = SignatureProfile.contentType,
        requestSignature: [UInt8], created: Instant, key: Ed25519.SigningKey
    ) {
        contentDigest = ContentDigest(of: body)
        self.contentType = contentType
        self.created = Instant(seconds: created.seconds)
        keyID = KeyID(of: key.publicKey)
        base = ResponseSignature.base(
            status: status, contentDigest: contentDigest.header, contentType: contentType,
            requestSignature: requestSignature,
            parameters: ResponseSignature.parameters(created: self.created, keyID: keyID))
        signature = key.sign(base)
    }

    package var headers: [(name: String, value: String)] {
        let parameters = ResponseSignature.parameters(created: created, keyID: keyID)
        return [
            ("content-digest", contentDigest.header), ("content-type", contentType),
            ("signature-input", "\(SignatureProfile.label)=\(parameters)"),
            ("signature", SignatureProfile.signatureHeader(signature)),
        ]
    }

    /// Takes a received answer apart; nothing is believed before `verify`, nor the body before `contentDigest.check`.
    package init(
        parsing received: [(name: String, value: String)], status: Int, requestSignature: [UInt8]
    ) throws(SignatureProblem) {
        let headers = SingleHeaders(headers: received)
        try headers.refuse("content-encoding")
        guard (100...599).contains(status) else { throw .malformed("@status") }
        let digest = try headers.value("content-digest")
        contentDigest = try ContentDigest(parsing: digest)
        contentType = try headers.value("content-type")
        var cursor = FieldCursor(try headers.value("signature-input"), name: "signature-input")
        try cursor.expect("\(SignatureProfile.label)=\(SignatureProfile.responseComponents)")
        try cursor.expect(";created=", blaming: "created")
        created = Instant(seconds: try cursor.integer(blaming: "created"))
        keyID = try SignatureProfile.parseClosingParameters(&cursor)
        signature = try SignatureProfile.parseSignature(try headers.value("signature"))
        base = ResponseSignature.base(
            status: status, contentDigest: digest, contentType: contentType, requestSignature: requestSignature,
            parameters: ResponseSignature.parameters(created: created, keyID: keyID))
    }

    package func verify(with key: Ed25519.PublicKey) throws(SignatureProblem) {
        guard key.verify(signature: signature, of: base) else { throw .badSignature }
    }

    private static func base(
        status: Int, contentDigest: String, contentType: String, requestSignature: [UInt8], parameters: String
    ) -> [UInt8] {
        Array(
            """
            "@status": \(status)
            "content-digest": \(contentDigest)
            "content-type": \(contentType)
            "signature";req;key="fed": :\(Base64.encode(requestSignature)):
            "@signature-params": \(parameters)
            """.utf8)
    }

    private static func parameters(created: Instant, keyID: KeyID) -> String {
        SignatureProfile.responseComponents + ";created=\(created.seconds)"
            + SignatureProfile.closingParameters(keyID: keyID)
    }
}
