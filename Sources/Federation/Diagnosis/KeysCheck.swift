import Wire

/// Whether a homeserver answers at all, and whether its keys are to be believed; a part of `TestPeer`.
struct KeysCheck {
    let name: ServerName
    let pinned: PinnedKeys
    let time: any TimeSource

    /// The document, when it is believed.
    func run(over connection: PeerConnection, _ trail: FindingTrail) async -> KeysDocument? {
        let answer: PeerConnection.Answer
        do throws(PeerFailure) {
            answer = try await connection.send(
                "GET", FederationRoute.keysPath, headers: [], body: [], within: TestPeer.patience)
        } catch {
            trail.add(AnswerFault.finding("homeserver", error))
            return nil
        }
        guard answer.status == 200 else {
            trail.add(AnswerFault.finding("homeserver", answer))
            return nil
        }
        let document: KeysDocument
        do throws(FieldError) {
            document = try KeysDocument(parsing: answer.body)
        } catch {
            trail.add(unreadable(error, answer))
            return nil
        }
        if AnswerFault.contentType(of: answer) == SignatureProfile.contentType {
            trail.add(.ok("homeserver", "answers \(FederationRoute.keysPath)"))
        } else {
            trail.add(
                .warning(
                    "homeserver", "content_type",
                    "its keys come as '\(AnswerFault.contentType(of: answer))', not as \(SignatureProfile.contentType)",
                    fix: "look for a proxy that changes headers\(AnswerFault.hint(of: answer))"))
        }
        return trail.add(judge(document)) ? nil : document
    }

    /// Something answers 200 and it is not our document: a web server, or somebody who is nearly a homeserver.
    private func unreadable(_ error: FieldError, _ answer: PeerConnection.Answer) -> Finding {
        let looksLikeKeys = (try? JSON.parse(answer.body))?.object?["keyset"] != nil
        guard looksLikeKeys else { return AnswerFault.notHome("homeserver", answer) }
        return .failure(
            "keys", "unreadable", "its keys document is not as it must be: \(error)",
            fix: "its operator has to see what serves \(FederationRoute.keysPath), and its version")
    }

    private func judge(_ document: KeysDocument) -> Finding {
        func failure(_ code: String, _ seen: String, _ fix: String) -> Finding {
            .failure("keys", code, seen, fix: fix)
        }
        let now = time.now()
        let keyset = document.keyset.keyset
        let root = Fingerprint(of: keyset.root)
        let repin =
            "homeserver peer repin \(name), only after its operator has confirmed the fingerprint by another way"
        switch KeysetPolicy.judge(new: document.keyset, of: name, pinned: pinned, now: now) {
        case .accept: break
        case .rootChanged:
            return failure(
                "root_changed",
                "it shows the root \(root), and \(pinned.root.map { Fingerprint(of: $0) } ?? pinned.fingerprint ?? root) "
                    + "is pinned here: another homeserver answers under this name, or its keys were made anew",
                repin)
        case .rollback:
            return failure(
                "rollback",
                "it shows keyset \(keyset.version), and \(pinned.version) was seen before: an old copy is shown",
                "its operator has to bring back the newest keyset.json (a restored backup?)")
        case .equivocation:
            return failure(
                "equivocation", "it shows another keyset \(keyset.version) than the one that was seen before",
                "its operator has to explain that: two machines may sign keysets with one root")
        case .invalid(let field) where field == "server":
            return failure(
                "other_server", "what answers is the homeserver \(keyset.server), not \(name)",
                "let the name lead to its own homeserver: check delegation, DNS and proxies")
        case .invalid(let field) where field == "expires":
            return failure(
                "keyset_expired", "its keyset expired at \(keyset.expires.rfc3339)",
                "its operator has to run keys renew")
        case .invalid(let field) where field == "issued":
            return clock(keyset.issued - now)
        case .invalid(let field):
            return failure("keyset_invalid", "its keyset breaks a rule: \(field)", "its operator has to mend its keys")
        }
        guard document.freshness.confirms(document.keyset, now: now) else {
            if document.freshness.at > now { return clock(document.freshness.at - now) }
            return failure(
                "not_fresh", "its keys were confirmed last at \(document.freshness.at.rfc3339), over 24 hours ago",
                "look for a proxy that keeps old answers, or a clock that is behind; only a current answer counts")
        }
        guard let active = keyset.activeKey, active.isUsable(at: now) else {
            return failure(
                "no_active_key", "none of its keys may sign now", "its operator has to rotate the online key")
        }
        let status = KeysStatus(of: keyset, now: now)
        let pin = pinned.root != nil ? "pinned" : pinned.fingerprint != nil ? "as the operator was told" : "new here"
        let days = min(status.keyset.daysLeft, status.key?.daysLeft ?? .max)
        let seen = "keyset \(keyset.version), root \(root) (\(pin)), online key \(active.id), \(days) days left"
        guard days >= KeysStatus.warningDays[2] else {
            return .warning("keys", "expires_soon", seen, fix: "its operator has to renew its keys")
        }
        return .ok("keys", seen)
    }

    private func clock(_ difference: Duration) -> Finding { ClockCheck.finding(difference) }
}
