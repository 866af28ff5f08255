import HTTPTypes
import Home
import Logging
import Wire

/// Answers what a peer carries here for one of its users, as a request of a user of ours would be: the same table of routes, the same limits,
/// the same words. `ClientAPI` has one, and the composition root hands it to the links.
struct AnswerCarriedCall: Sendable {
    let home: Home
    let settings: ClientAPISettings
    let rateLimits: RateLimits
    let logger: Logger

    func run(_ call: CarriedCall, from peer: Peer) async -> CarriedAnswer {
        let answer = await answer(call, from: peer)
        // Behind everything that the request has caused.
        let lane = try? await home.endOfLane(to: peer.key)
        return CarriedAnswer(status: answer.status.code, body: answer.json, lane: lane)
    }

    private func answer(_ call: CarriedCall, from peer: Peer) async -> HTTPAnswer {
        let parts = call.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = String(parts[0])
        guard let method = HTTPRequest.Method(call.method),
            let route = HTTPRoutes.all.first(where: { $0.isForMembers && $0.method == method && $0.matches(path) })
        else { return HTTPAnswer(refusing: HTTPRefusal.unknownPath, route: "", logger: logger) }
        do {
            let answer = try await route.handle(
                HTTPCall(
                    pattern: route.path, method: method, path: path,
                    queryText: parts.count == 2 ? String(parts[1]) : nil, headers: [:], content: .whole(call.body),
                    sender: .peersUser(try await home.caller(call.user, of: peer)), home: home, settings: settings,
                    rateLimits: rateLimits))
            guard answer.json?.count ?? 0 <= Limits.carriedAnswerBytes else {
                throw ClientError(.tooLarge, "the answer is too large to be carried: ask for less at a time")
            }
            return answer
        } catch {
            return HTTPAnswer(refusing: error, route: route.path, logger: logger)
        }
    }
}
