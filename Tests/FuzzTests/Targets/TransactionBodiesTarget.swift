import Federation
import Wire

@testable import Home

extension FuzzTarget {
    /// The first byte says what the others are: the body of a transaction, of a hello, of an answer to a transaction, or of
    /// the ephemeral lane, of rosters, of an echo or a question after statuses, and of a call or its answer.
    static let transactionBodies = FuzzTarget(name: "transaction-bodies") { bytes throws(Finding) in
        guard let kind = bytes.first, let origin = ServerName("a.example"), let home = ServerName("b.example") else {
            return
        }
        let body = Array(bytes.dropFirst())
        switch kind % 8 {
        case 0:
            guard let transaction = try? ReceivedTransaction(body: body, first: 1, from: origin, to: home) else {
                return
            }
            guard transaction.events.count <= Limits.transactionEvents,
                transaction.events.map(\.seq).elementsEqual(1...Int64(max(1, transaction.events.count)))
                    || transaction.events.isEmpty
            else { throw Finding("the numbers of a transaction do not go on without gaps") }
            for event in transaction.events {
                guard let type = PeerEventType(rawValue: event.type) else { continue }
                // What is told of a community has the most in it.
                if type == .communityState { _ = try? CommunityState(event.data) }
                if type == .communityMessage { _ = try? CopiedEvent(event.data) }
                guard case .directMessage(let text, _)? = try? PeerEventPayload.decode(event, type) else { continue }
                _ = try? MessageRules.check(text: text)
            }
        case 1:
            guard let hello = try? Hello(body: body) else { return }
            guard (try? Hello(body: JSONWriter.bytes(of: hello))) == hello else {
                throw Finding("a hello is written otherwise than it was read")
            }
        case 3:
            guard let request = try? EphemeralRequest(body: body) else { return }
            guard request.items.count <= Limits.ephemeralItems else { throw Finding("there are too many items") }
        case 4: _ = try? RosterRequest(body: body)
        case 5:
            _ = try? Echo(body: body)
            _ = try? StatusAnswer(answer: body)
            guard let question = try? StatusQuestion(body: body) else { return }
            guard question.users.count <= Limits.statusUsers,
                (try? StatusQuestion(body: JSONWriter.bytes(of: question))) == question
            else { throw Finding("a question after statuses is written otherwise than it was read") }
        case 6:
            guard let call = try? CarriedCall(body: body, from: origin) else { return }
            guard call.user.server == origin,
                (try? CarriedCall(body: JSONWriter.bytes(of: call), from: origin)) == call
            else { throw Finding("a call is written otherwise than it was read") }
        case 7:
            guard let answer = try? CarriedAnswer(answer: body) else { return }
            guard (try? CarriedAnswer(answer: JSONWriter.bytes(of: answer))) == answer else {
                throw Finding("the answer to a call is written otherwise than it was read")
            }
        default:
            guard let answer = try? TransactionAnswer(body: body) else { return }
            guard (try? TransactionAnswer(body: JSONWriter.bytes(of: answer))) == answer else {
                throw Finding("an answer is written otherwise than it was read")
            }
        }
    }
}
