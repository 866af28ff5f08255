import Logging
import Sodium
import Wire

/// Speaks for us to one peer: signs each request when it is sent and believes only answers that are signed for it.
///
/// Its state is the actor's: the difference of the clocks, learnt from a `stale` answer, and when the peer has last proved who it is.
/// `PeerWorker` owns it.
actor PeerClient {
    /// A 200 whose signature held.
    struct Answer: Sendable {
        let body: [UInt8]
    }

    /// How often a request is signed anew within one try because the peer has just started.
    static let staleRetries = 2
    /// The peer's clock is behind what its answer says by as long as that took to come.
    private static let clockTolerance = Duration.milliseconds(20)

    private let us: ServerName
    private let peer: ServerName
    private let connection: PeerConnection
    private let keys: OwnKeys
    private let ring: KeyRing
    private let time: any TimeSource
    private var clockDifference = Duration.zero
    /// When an answer was last proved to be the peer's.
    private var provenAt: Duration?
    private let logger = Logger(label: "federation.client")

    init(
        us: ServerName, peer: ServerName, connection: PeerConnection, keys: OwnKeys, ring: KeyRing,
        time: any TimeSource
    ) {
        self.us = us
        self.peer = peer
        self.connection = connection
        self.keys = keys
        self.ring = ring
        self.time = time
    }

    /// Sends a request until it has an answer that is no `stale`.
    ///
    /// An answer that moves the lane (200 and 409) must be signed by the peer and bound to this request. One that only
    /// delays need not be: before the request's signature holds, the peer signs nothing.
    ///
    /// - Parameters:
    ///   - limit: From the first byte of one request to the last one of its answer.
    ///   - isSecret: The body is for the peer alone: it goes only over a connection on which the peer has proved who it is, or within
    ///     `Limits.proofHolds` after it has. Otherwise `notGreeted` is thrown and nothing was sent.
    func send(
        _ method: String, _ path: String, body: [UInt8], within limit: Duration = Limits.peerRequestTime,
        isSecret: Bool = false
    ) async throws(PeerFailure) -> Answer {
        for _ in 0..<PeerClient.staleRetries {
            do throws(PeerFailure) {
                return try await sendOnce(method, path, body: body, within: limit, isSecret: isSecret)
            } catch .refused(.stale(let now)) {
                let difference = now - time.now()
                clockDifference = max(.zero - Limits.clockDifference, min(difference, Limits.clockDifference))
                // `created` counts whole seconds: before the peer's next one, nothing would be different.
                let past = ((now.milliseconds % 1000) + 1000) % 1000
                do {
                    try await Task.sleep(for: .milliseconds(1000 - past) + PeerClient.clockTolerance)
                } catch {
                    throw .connection("cancelled")
                }
            }
        }
        return try await sendOnce(method, path, body: body, within: limit, isSecret: isSecret)
    }

    /// Lets go of the connection.
    func close() async {
        await connection.close()
    }

    private func sendOnce(
        _ method: String, _ path: String, body: [UInt8], within limit: Duration, isSecret: Bool
    ) async throws(PeerFailure) -> Answer {
        let isProven = provenAt.map { time.monotonic() - $0 < Limits.proofHolds } ?? false
        let signed = RequestSignature(
            method: method, path: path, body: body, origin: us, destination: peer,
            created: time.now() + clockDifference, nonce: RandomBytes.array(count: SignatureProfile.nonceBytes),
            key: keys.signingKey)
        let answer = try await connection.send(
            method, path, headers: signed.headers, body: body, within: limit, onKnownConnection: isSecret && !isProven)
        if answer.status == 200 {
            try await verify(answer, to: signed)
            return Answer(body: answer.body)
        }
        guard
            let error = FederationError(status: answer.status, body: answer.body, retryAfter: answer.retryAfter)
        else { throw .status(answer.status, retryAfter: answer.retryAfter) }
        if error.status == 409 { try await verify(answer, to: signed) }
        if error == .blocked {
            do throws(PeerFailure) { try await verify(answer, to: signed) } catch { throw .refused(.blocked) }
            throw .blocked
        }
        if case .clockSkew(let now) = error {
            logger.error(
                "a peer's clock differs too much from ours",
                metadata: ["peer": "\(peer)", "difference.s": "\((now - time.now()).components.seconds)"])
        }
        throw .refused(error)
    }

    private func verify(_ answer: PeerConnection.Answer, to request: RequestSignature) async throws(PeerFailure) {
        do throws(SignatureProblem) {
            let signature = try ResponseSignature(
                parsing: answer.headers, status: answer.status, requestSignature: request.signature)
            try await ring.verify(signature, from: peer)
            try signature.contentDigest.check(body: answer.body)
            provenAt = time.monotonic()
        } catch .keysUnavailable {
            throw .keys("are not to be had")
        } catch .unknownKey {
            throw .keys("do not include the one that signed")
        } catch {
            logger.error("a peer's answer is not believed", metadata: ["peer": "\(peer)", "problem": "\(error.name)"])
            throw .unsigned
        }
    }
}
