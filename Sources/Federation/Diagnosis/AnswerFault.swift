import Wire

/// What an answer is that no homeserver would give, in words for the operator; parts of `TestPeer` ask.
enum AnswerFault {
    static func contentType(of answer: PeerConnection.Answer) -> String {
        header("content-type", of: answer) ?? "nothing"
    }

    /// Who was in between, if anybody says so.
    static func hint(of answer: PeerConnection.Answer) -> String {
        if let via = header("via", of: answer) { return " (it came via '\(via)')" }
        if let server = header("server", of: answer) { return " (it came from '\(server)')" }
        return ""
    }

    private static func header(_ name: String, of answer: PeerConnection.Answer) -> String? {
        answer.headers.first { $0.name.lowercased() == name }.map { String($0.value.prefix(80)) }
    }

    /// No answer, or none that could be read to its end.
    static func finding(_ subject: String, _ failure: PeerFailure) -> Finding {
        switch failure {
        case .timeout:
            .failure(
                subject, "timeout", "there is no whole answer within \(TestPeer.patience.components.seconds) s",
                fix: "see what answers there: it hangs, is overloaded, or drips")
        case .answerTooLarge:
            .failure(
                subject, "answer_too_large", "the answer has more than \(Limits.peerAnswerBytes) bytes",
                fix: "see what answers there: no homeserver says so much")
        case .discovery(let problem): .failure(subject, "discovery", problem.description, fix: "run the test again")
        default:
            .failure(
                subject, "connection_lost", "the connection breaks without an answer (\(failure.reason))",
                fix: "see what answers there, and its log")
        }
    }

    /// Another status than the 200 that every homeserver gives.
    static func finding(_ subject: String, _ answer: PeerConnection.Answer) -> Finding {
        if let error = FederationError(status: answer.status, body: answer.body, retryAfter: answer.retryAfter),
            case .rateLimited = error
        {
            return .failure(
                subject, "rate_limited", "it says that we ask too often", fix: "wait a minute and try again")
        }
        return notHome(subject, answer)
    }

    static func notHome(_ subject: String, _ answer: PeerConnection.Answer) -> Finding {
        let what =
            if (300..<400).contains(answer.status) {
                "answers with a redirect (\(answer.status))"
            } else if answer.status == 200 {
                "answers with '\(contentType(of: answer))', \(answer.body.count) bytes that are no keys"
            } else {
                "answers with status \(answer.status)"
            }
        return .failure(
            subject, "not_home",
            "what listens there is no homeserver: \(FederationRoute.keysPath) \(what)\(hint(of: answer))",
            fix: "let the name lead to the homeserver's federation listener (8448, or what its delegation says)")
    }
}
