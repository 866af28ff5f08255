package import Sodium
package import Wire

/// A request's signature: made by the outgoing side when it sends, taken apart and checked by the incoming side.
///
/// The checks are separate calls because the order of docs/federation.md puts others' work between them: `init(parsing:)`,
/// `checkDestination`, (policy), `checkTime`, (key ring), `verify`, (nonce cache), (body), `contentDigest.check`.
package struct RequestSignature: Sendable {
    package let origin: ServerName
    package let destination: ServerName
    package let contentDigest: ContentDigest
    package let created: Instant
    package let expires: Instant
    /// 16 bytes.
    package let nonce: [UInt8]
    package let keyID: KeyID
    /// The 64 bytes, to which the answer's signature is bound.
    package let signature: [UInt8]
    private let base: [UInt8]

    // MARK: Sending

    /// Signs a request that is about to be sent; `headers` are then the ones to add. `created` loses its fraction.
    package init(
        method: String, path: String, query: String = "", body: some Collection<UInt8>, origin: ServerName,
        destination: ServerName, created: Instant, nonce: [UInt8], key: Ed25519.SigningKey
    ) {
        self.origin = origin
        self.destination = destination
        contentDigest = ContentDigest(of: body)
        self.created = Instant(seconds: created.seconds)
        expires = self.created + SignatureProfile.lifetime
        self.nonce = nonce
        keyID = KeyID(of: key.publicKey)
        base = RequestSignature.base(
            method: method, path: path, query: query, contentDigest: contentDigest.header,
            contentType: SignatureProfile.contentType, origin: origin, destination: destination,
            parameters: RequestSignature.parameters(created: self.created, expires: expires, nonce: nonce, keyID: keyID)
        )
        signature = key.sign(base)
    }

    /// All the headers that the signature covers or consists of.
    package var headers: [(name: String, value: String)] {
        let parameters = RequestSignature.parameters(created: created, expires: expires, nonce: nonce, keyID: keyID)
        return [
            ("content-digest", contentDigest.header), ("content-type", SignatureProfile.contentType),
            ("fed-origin", origin.text), ("fed-destination", destination.text),
            ("signature-input", "\(SignatureProfile.label)=\(parameters)"),
            ("signature", SignatureProfile.signatureHeader(signature)),
        ]
    }

    // MARK: Receiving

    /// Takes a received request apart; nothing is believed before `verify`.
    package init(parsing head: SignedRequestHead) throws(SignatureProblem) {
        let headers = SingleHeaders(headers: head.headers)
        try headers.refuse("content-encoding")
        guard !head.method.isEmpty, head.method.utf8.allSatisfy({ (0x41...0x5A).contains($0) }) else {
            throw .malformed("@method")
        }
        guard head.path.utf8.first == UInt8(ascii: "/"), RequestSignature.isTarget(head.path, allowsQuestion: false)
        else { throw .malformed("@path") }
        guard RequestSignature.isTarget(head.query, allowsQuestion: true) else { throw .malformed("@query") }
        let digest = try headers.value("content-digest")
        contentDigest = try ContentDigest(parsing: digest)
        let contentType = try headers.value("content-type")
        guard contentType == SignatureProfile.contentType else { throw .malformed("content-type") }
        guard let origin = ServerName(try headers.value("fed-origin")) else { throw .malformed("fed-origin") }
        guard let destination = ServerName(try headers.value("fed-destination")) else {
            throw .malformed("fed-destination")
        }
        self.origin = origin
        self.destination = destination
        let input = try headers.value("signature-input")
        (created, expires, nonce, keyID) = try RequestSignature.parseInput(input)
        signature = try SignatureProfile.parseSignature(try headers.value("signature"))
        base = RequestSignature.base(
            method: head.method, path: head.path, query: head.query, contentDigest: digest, contentType: contentType,
            origin: origin, destination: destination,
            parameters: RequestSignature.parameters(created: created, expires: expires, nonce: nonce, keyID: keyID))
    }

    package func checkDestination(_ us: ServerName) throws(SignatureProblem) {
        guard destination == us else { throw .wrongDestination }
    }

    /// The window around `now`, then that the request is younger than this process, whose nonces are all remembered.
    package func checkTime(now: Instant, startedAt: Instant) throws(SignatureProblem) {
        guard created >= now - SignatureProfile.past, created <= now + SignatureProfile.future, now <= expires else {
            throw .clockSkew(now: now)
        }
        let start = startedAt + .microseconds(999_999)
        guard created > Instant(seconds: start.seconds) else { throw .stale(now: now) }
    }

    package func verify(with key: Ed25519.PublicKey) throws(SignatureProblem) {
        guard key.verify(signature: signature, of: base) else { throw .badSignature }
    }

    // MARK: The signed bytes

    /// RFC 9421 §2.5: one line a component, joined by LF, the parameters last.
    private static func base(
        method: String, path: String, query: String, contentDigest: String, contentType: String, origin: ServerName,
        destination: ServerName, parameters: String
    ) -> [UInt8] {
        Array(
            """
            "@method": \(method)
            "@path": \(path)
            "@query": ?\(query)
            "content-digest": \(contentDigest)
            "content-type": \(contentType)
            "fed-origin": \(origin)
            "fed-destination": \(destination)
            "@signature-params": \(parameters)
            """.utf8)
    }

    private static func parameters(created: Instant, expires: Instant, nonce: [UInt8], keyID: KeyID) -> String {
        SignatureProfile.requestComponents + ";created=\(created.seconds);expires=\(expires.seconds)"
            + ";nonce=\"\(Base64.encode(nonce, .urlSafe))\"" + SignatureProfile.closingParameters(keyID: keyID)
    }

    private static func parseInput(
        _ header: String
    ) throws(SignatureProblem) -> (created: Instant, expires: Instant, nonce: [UInt8], keyID: KeyID) {
        var cursor = FieldCursor(header, name: "signature-input")
        try cursor.expect("\(SignatureProfile.label)=\(SignatureProfile.requestComponents)")
        try cursor.expect(";created=", blaming: "created")
        let created = Instant(seconds: try cursor.integer(blaming: "created"))
        try cursor.expect(";expires=", blaming: "expires")
        let expires = Instant(seconds: try cursor.integer(blaming: "expires"))
        guard expires > created, expires - created <= SignatureProfile.lifetime else { throw .malformed("expires") }
        try cursor.expect(";nonce=\"", blaming: "nonce")
        guard let nonce = Base64.decode(try cursor.quotedText(blaming: "nonce"), .urlSafe),
            nonce.count == SignatureProfile.nonceBytes
        else { throw .malformed("nonce") }
        return (created, expires, nonce, try SignatureProfile.parseClosingParameters(&cursor))
    }

    /// Visible ASCII, as a request line can carry it, and no fragment.
    private static func isTarget(_ text: String, allowsQuestion: Bool) -> Bool {
        text.utf8.allSatisfy { byte in
            (0x21...0x7E).contains(byte) && byte != UInt8(ascii: "#") && (allowsQuestion || byte != UInt8(ascii: "?"))
        }
    }
}
