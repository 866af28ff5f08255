import Sodium
import Wire

/// A signed echo to the peer, and what the peer says of its own to us; the last part of `TestPeer`.
struct EchoCheck {
    let us: ServerName
    let name: ServerName
    let keys: LocalKeys
    let keyset: Keyset
    let time: any TimeSource

    func run(over connection: PeerConnection, _ trail: FindingTrail) async {
        let echo = Echo(text: Hex.encode(RandomBytes.array(count: 16)), isBackWanted: true)
        let body = JSONWriter.bytes(of: echo)
        var exchange = await send(body, over: connection)
        // A peer that has just started asks for a later signature.
        for _ in 0..<PeerClient.staleRetries {
            guard case .success((_, let answer)) = exchange, case .stale? = refusal(answer) else { break }
            try? await Task.sleep(for: .seconds(1))
            exchange = await send(body, over: connection)
        }
        switch exchange {
        case .failure(let failure): trail.add(AnswerFault.finding("echo", failure))
        case .success((let request, let answer)): judge(answer, to: request, echo, trail)
        }
    }

    private func send(
        _ body: [UInt8], over connection: PeerConnection
    ) async -> Result<(RequestSignature, PeerConnection.Answer), PeerFailure> {
        let signed = RequestSignature(
            method: "POST", path: FederationRoute.echoPath, body: body, origin: us, destination: name,
            created: time.now(), nonce: RandomBytes.array(count: SignatureProfile.nonceBytes), key: keys.signingKey)
        do throws(PeerFailure) {
            let answer = try await connection.send(
                "POST", FederationRoute.echoPath, headers: signed.headers, body: body, within: TestPeer.patience)
            return .success((signed, answer))
        } catch {
            return .failure(error)
        }
    }

    private func refusal(_ answer: PeerConnection.Answer) -> FederationError? {
        FederationError(status: answer.status, body: answer.body, retryAfter: answer.retryAfter)
    }

    private func judge(
        _ answer: PeerConnection.Answer, to request: RequestSignature, _ echo: Echo, _ trail: FindingTrail
    ) {
        guard answer.status == 200 else {
            trail.add(refused(answer))
            return
        }
        let signature: ResponseSignature
        do throws(SignatureProblem) {
            signature = try ResponseSignature(
                parsing: answer.headers, status: answer.status, requestSignature: request.signature)
        } catch {
            let what = error == .malformed("content-digest") ? "is not signed" : "has another form: \(error.name)"
            trail.add(rewritten("the answer \(what)", answer))
            return
        }
        guard !trail.add(ClockCheck.finding(signature.created - Instant(seconds: time.now().seconds))),
            let problem = problem(of: signature, answer)
        else {
            if trail.level != .failure { finish(answer, echo, trail) }
            return
        }
        trail.add(problem)
    }

    /// Nil when the signature is the peer's and the body the one that it signed.
    private func problem(of signature: ResponseSignature, _ answer: PeerConnection.Answer) -> Finding? {
        guard let key = keyset.key(signature.keyID) else {
            return .failure(
                "echo", "key_unknown",
                "the answer is signed with the key \(signature.keyID), which the keyset of \(name) does not list",
                fix:
                    "its operator has to see who answers there: another homeserver, or one with keys of another machine"
            )
        }
        guard key.isUsable(at: time.now()) else {
            let what = key.state == .revoked ? "which is revoked" : "whose time is over"
            return .failure(
                "echo", key.state == .revoked ? "key_revoked" : "key_expired",
                "the answer is signed with the key \(signature.keyID), \(what)",
                fix: "its operator has to rotate the online key and see that the homeserver uses the new one")
        }
        do throws(SignatureProblem) {
            try signature.verify(with: key.publicKey)
            try signature.contentDigest.check(body: answer.body)
            return nil
        } catch {
            let what = error == .badDigest ? "its body is not the one that was signed" : "its signature does not hold"
            return rewritten("the answer came changed: \(what)", answer)
        }
    }

    private func finish(_ answer: PeerConnection.Answer, _ echo: Echo, _ trail: FindingTrail) {
        guard Echo.text(of: answer.body) == echo.text else {
            trail.add(
                .failure(
                    "echo", "no_echo", "the answer is signed and does not give our text back",
                    fix: "its operator has to see which version runs there"))
            return
        }
        trail.add(.ok("echo", "signed both ways with \(keys.keyID) and a key of \(name)"))
        let back = (try? JSON.parse(answer.body))?.object.flatMap { BackEcho(reading: $0) }
        trail.add(BackCheck(us: us, name: name, keys: keys).finding(back))
    }

    private func rewritten(_ seen: String, _ answer: PeerConnection.Answer) -> Finding {
        .failure(
            "echo", "rewritten", seen + AnswerFault.hint(of: answer),
            fix: "look for a proxy before \(name) that rewrites: it must pass headers and bodies on as they are")
    }

    // MARK: Refusals

    private func refused(_ answer: PeerConnection.Answer) -> Finding {
        guard let error = refusal(answer) else {
            return .failure(
                "echo", "not_home",
                "the echo is answered with status \(answer.status), not in this protocol's words\(AnswerFault.hint(of: answer))",
                fix: "look for a proxy before \(name): it must let POST \(FederationRoute.echoPath) through")
        }
        func failure(_ seen: String, _ fix: String) -> Finding { .failure("echo", error.code, seen, fix: fix) }
        switch error {
        case .blocked:
            return failure(
                "\(us) is blocked by the operator of \(name)",
                "ask its operator: homeserver peer allow \(us), over there")
        case .notAllowed:
            return failure(
                "\(name) speaks only with homeservers that its operator has added",
                "ask its operator: homeserver peer add \(us) --root-fingerprint \(Fingerprint(of: keys.root))")
        case .unknownKey:
            return failure(
                "\(name) does not accept our online key \(keys.keyID): it knows a keyset without it, or one that revokes it",
                "homeserver keys status; after a change of keys try again in 5 minutes, when \(name) may ask anew")
        case .keysUnavailable:
            return failure(
                "\(name) cannot fetch or does not believe our keys",
                "see that this homeserver runs and is reachable (homeserver doctor); if its keys were made anew, "
                    + "\(name) must repin")
        case .badSignature:
            return failure(
                "our request came changed: its signature does not hold there, though the key is the right one",
                "look for a proxy before \(name) that rewrites: it must pass headers and bodies on as they are")
        case .invalid(let problem):
            return failure(
                "\(name) does not take the request: \(problem)",
                "look for a proxy that changes headers, or a delegation that leads to another homeserver")
        case .clockSkew(let now): return ClockCheck.finding(now - time.now())
        case .stale: return failure("\(name) has just started, or its clock is ahead", "try again in a minute")
        case .rateLimited: return failure("\(name) says that we ask too often", "wait a minute and try again")
        case .version: return failure("\(name) speaks another version of the protocol", "update the older one")
        default:
            return failure(
                "\(name) answers \(error.code)", "see the log of \(name): something fails over there; try again later")
        }
    }
}
