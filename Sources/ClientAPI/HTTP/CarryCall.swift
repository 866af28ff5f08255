import HTTPTypes
import Home
import Wire

/// A request of a user of ours about something that another homeserver hosts: `HTTPRoute.member` asks where that is, and has it carried there.
extension HTTPCall {
    /// Where it is hosted, and what the request is called there.
    struct Host: Sendable {
        let server: ServerName
        let target: String
        /// The code of the link that the request is about, without the homeserver's name.
        var link: String?
    }

    /// Nil for what is hosted here, and for what is nothing to the account: that is answered here.
    func host(for account: Account) async throws -> Host? {
        let segments = pattern.split(separator: "/")
        switch segments.count > 2 ? segments[2] : "" {
        case "servers":
            return try await home.host(ofCommunity: try pathID("id"), for: account).map(whole)
        case "channels":
            return try await home.host(ofChannel: try pathID("id"), for: account).map(whole)
        case "invite-links":
            return home.host(ofLink: try pathText("code")).map { host in
                let path = zip(segments, path.split(separator: "/")).map { $0 == "{code}" ? host.code[...] : $1 }
                return Host(
                    server: host.server, target: "/" + path.joined(separator: "/") + queryWithMark, link: host.code)
            }
        default: preconditionFailure("\(pattern) is no route of a community")
        }
    }

    private func whole(_ server: ServerName) -> Host {
        Host(server: server, target: path + queryWithMark)
    }

    private var queryWithMark: String { queryText.map { "?" + $0 } ?? "" }

    func carry(to host: Host, for account: Account) async throws -> HTTPAnswer {
        // A peer's user is answered by the host itself, and by nobody for it.
        guard account.isLocal else { throw HomeError.notFound("another homeserver hosts this") }
        guard host.target.utf8.count <= Limits.callTargetBytes else {
            throw ClientError(
                .tooLarge, field: "query", problem: "makes the path longer than \(Limits.callTargetBytes) bytes")
        }
        let call = CarriedCall(
            user: account.id, method: method.rawValue, target: host.target, body: try await bodyToCarry())
        let answer =
            if let code = host.link, method == .post {
                try await home.carryJoin(by: code, call, to: host.server, account)
            } else {
                try await home.carry(call, to: host.server)
            }
        return try await HTTPAnswer(answer, to: call, at: host, of: account, home)
    }
}
