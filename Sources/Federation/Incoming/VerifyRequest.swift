import HTTPTypes
import Hummingbird
import NIOCore
import Sodium
import Wire

/// Decides whether a signed request is believed: the order of checks of docs/federation.md up to the parser, in one
/// place. `FederationResponder` calls `admit`, then `body`, and reads JSON only after both.
///
/// Each step costs more than the one before it or trusts more, and whoever may not take the next step never causes it:
/// no key is fetched for a wrong name, no body is read before the signature holds, none is parsed before its digest does.
struct VerifyRequest: Sendable {
    let us: ServerName
    let peers: KnownPeers
    let ring: KeyRing
    let nonces: NonceCache
    /// Nil without limits.
    let addressBuckets: RateBuckets<IPAddress>?
    let peerBuckets: RateBuckets<ServerName>?
    let time: any TimeSource
    /// When this process began to remember nonces.
    let startedAt: Instant

    /// Steps 1 to 8: what the request's head alone decides.
    func admit(_ request: HTTPRequest, from address: IPAddress?) async throws(FederationError) -> AdmittedRequest {
        // 1. Size, as the header says it.
        let length = try VerifyRequest.declaredLength(of: request, most: Limits.transactionBytes)
        // 2. The address' bucket.
        try take(address, from: addressBuckets)
        // 3. Names and policy.
        let head = VerifyRequest.head(of: request)
        let signature = try step { () throws(SignatureProblem) in try RequestSignature(parsing: head) }
        try step { () throws(SignatureProblem) in try signature.checkDestination(us) }
        _ = try await peers.admit(signature.origin, greeting: head.path == FederationRoute.helloPath)
        // 4. The time window.
        let now = time.now()
        try step { () throws(SignatureProblem) in try signature.checkTime(now: now, startedAt: startedAt) }
        // 5. The key cache.
        let key = try await key(of: signature)
        // 6. Ed25519, over headers only.
        try step { () throws(SignatureProblem) in try signature.verify(with: key) }
        ring.noteContact(with: signature.origin)
        // 7. The nonce.
        try step { () throws(SignatureProblem) in try useNonce(of: signature) }
        // 8. The peer's bucket instead of the address': who has proven his name is counted by it.
        if let address { addressBuckets?.giveBack(address, now: time.monotonic()) }
        try take(signature.origin, from: peerBuckets)
        return AdmittedRequest(signature: signature, length: length)
    }

    /// Steps 9 and 10: the body, bounded in size and time, and its digest.
    ///
    /// A body that is not there in time closes the connection: there is nothing left to say on it.
    func body(
        of admitted: AdmittedRequest, _ stream: RequestBody, on channel: any Channel
    ) async throws(FederationError) -> [UInt8] {
        // 9. Read it.
        let body = try await VerifyRequest.read(stream, length: admitted.length, on: channel)
        // 10. Its digest.
        try step { () throws(SignatureProblem) in try admitted.signature.contentDigest.check(body: body) }
        return body
    }

    /// A body of at most `length` bytes, within the time for one.
    static func read(
        _ stream: RequestBody, length: Int, on channel: any Channel
    ) async throws(FederationError) -> [UInt8] {
        let timeLimit = channel.eventLoop.scheduleTask(in: TimeAmount(Limits.federationBodyTime)) {
            channel.close(promise: nil)
        }
        defer { timeLimit.cancel() }
        var body: [UInt8] = []
        body.reserveCapacity(length)
        do {
            for try await part in stream {
                guard body.count + part.readableBytes <= length else { throw FederationError.tooLarge }
                body.append(contentsOf: part.readableBytesView)
            }
        } catch {
            throw error as? FederationError ?? .invalid(problem: "the body ended too early")
        }
        return body
    }

    /// For what everybody may read: the address' bucket alone, and here it is not given back.
    func admitStranger(from address: IPAddress?) -> Duration? {
        address.flatMap { addressBuckets?.take($0, now: time.monotonic()) }
    }

    /// What a request says of itself, not proved.
    func signature(of request: HTTPRequest) -> RequestSignature? {
        try? RequestSignature(parsing: VerifyRequest.head(of: request))
    }

    // MARK: The steps

    static func declaredLength(of request: HTTPRequest, most: Int) throws(FederationError) -> Int {
        guard let field = request.headerFields[.contentLength] else { throw .lengthRequired }
        guard let length = Int(field), length >= 0 else { throw .invalid(problem: "content-length must be a number") }
        guard length <= most else { throw .tooLarge }
        return length
    }

    private func take<Key>(_ key: Key?, from buckets: RateBuckets<Key>?) throws(FederationError) {
        guard let key, let delay = buckets?.take(key, now: time.monotonic()) else { return }
        throw .rateLimited(retryAfter: delay)
    }

    private func key(of signature: RequestSignature) async throws(FederationError) -> Ed25519.PublicKey {
        do throws(SignatureProblem) {
            return try await ring.key(signature.keyID, of: signature.origin)
        } catch {
            throw error.refusal
        }
    }

    private func useNonce(of signature: RequestSignature) throws(SignatureProblem) {
        switch nonces.insert(signature.nonce, key: signature.keyID) {
        case .fresh: return
        case .repeated: throw .replay
        case .full: throw .tooManyRequests
        }
    }

    private func step<Value>(_ check: () throws(SignatureProblem) -> Value) throws(FederationError) -> Value {
        do throws(SignatureProblem) {
            return try check()
        } catch {
            throw error.refusal
        }
    }

    private static func head(of request: HTTPRequest) -> SignedRequestHead {
        let target = request.path ?? ""
        let end = target.utf8.firstIndex(of: UInt8(ascii: "?")) ?? target.endIndex
        let query = end == target.endIndex ? "" : String(target[target.utf8.index(after: end)...])
        return SignedRequestHead(
            method: request.method.rawValue, path: String(target[..<end]), query: query,
            headers: request.headerFields.map { (name: $0.name.rawName, value: $0.value) })
    }
}

/// A request whose head is believed and whose body has not been read.
struct AdmittedRequest: Sendable {
    let signature: RequestSignature
    let length: Int

    var origin: ServerName { signature.origin }
}
