import HTTPTypes
import Home
import Wire

/// What a homeserver adds to another one's answer before it gives that to its user: what only it knows of its users.
///
/// Where he stands in channels (`read_seq`, `unread`, `mentions` of every object with a `channel_id` and the `kind` text), what its users show
/// of themselves (`status` of every object with a `user_id`), how a link is called from here, and whether who has joined is in here too.
/// Objects are gone through as deep as the answer is.
struct OwnKnowledge: Sendable {
    private let server: ServerName
    private let summaries: [ConversationID: ChannelSummary]
    private let statuses: [UserID: ShownPresence]

    init(server: ServerName, summaries: [ConversationID: ChannelSummary], statuses: [UserID: ShownPresence]) {
        self.server = server
        self.summaries = summaries
        self.statuses = statuses
    }

    /// Reads what `answer` asks for.
    init(for answer: JSONObject, of account: Account, _ home: Home) async throws(HomeError) {
        var channels: Set<ConversationID> = []
        var users: Set<UserID> = []
        OwnKnowledge.visit(.object(answer)) { object in
            if let channel = object.textChannel { channels.insert(channel) }
            if let user = object.shownUser, user.server == home.server { users.insert(user) }
        }
        self.init(
            server: home.server,
            summaries: channels.isEmpty ? [:] : try await home.channelSummaries(in: channels, for: account),
            statuses: users.isEmpty ? [:] : try await home.shown(users, to: account))
    }

    /// The answer with what is known here in it.
    func added(to answer: JSONObject) -> JSONObject {
        var said = JSONObject()
        for member in answer.members { said.append(member.key, added(to: member.value)) }
        if let channel = said.textChannel {
            let summary = summaries[channel]
            said.set("read_seq", .integer(summary?.readSeq ?? 0))
            said.set("unread", .integer(summary?.unread ?? 0))
            said.set("mentions", .integer(summary?.mentions ?? 0))
        }
        if let user = said.shownUser, user.server == server {
            said.set("status", .string((statuses[user] ?? .unknown).word))
        }
        return said
    }

    private func added(to value: JSON) -> JSON {
        switch value {
        case .object(let object): .object(added(to: object))
        case .array(let values): .array(values.map { added(to: $0) })
        default: value
        }
    }

    private static func visit(_ value: JSON, _ look: (JSONObject) -> Void) {
        switch value {
        case .object(let object):
            look(object)
            for member in object.members { visit(member.value, look) }
        case .array(let values):
            for value in values { visit(value, look) }
        default: break
        }
    }
}

extension JSONObject {
    /// The channel for text that the object describes.
    fileprivate var textChannel: ConversationID? {
        guard self["kind"] == .string(Channel.Kind.text.rawValue), case .string(let id)? = self["channel_id"] else {
            return nil
        }
        return ConversationID(id)
    }

    /// The user whose status the object shows.
    fileprivate var shownUser: UserID? {
        guard case .string? = self["status"], case .string(let address)? = self["user_id"] else { return nil }
        return UserID(address)
    }
}

extension HTTPAnswer {
    /// What a client of ours is told of a host's answer.
    init(
        _ answer: CarriedAnswer, to call: CarriedCall, at host: HTTPCall.Host, of account: Account, _ home: Home
    ) async throws {
        self.init(status: HTTPResponse.Status(code: answer.status))
        guard let body = answer.body else { return }
        guard let said = try? JSON.parse(body, limits: .link).object else {
            throw HomeError.remoteUnreachable(host.server)
        }
        guard status.kind == .successful else {
            json = body
            if case .integer(let wait)? = said["retry_after_ms"], (1...Limits.largestNumber).contains(wait) {
                setRetryAfter(milliseconds: wait)
            }
            return
        }
        var told = try await OwnKnowledge(for: said, of: account, home).added(to: said)
        if let link = host.link {
            if told["code"] != nil { told.set("code", .string("\(link)@\(host.server)")) }
            if call.method == "POST", case .string(let id)? = told["server_id"], let community = CommunityID(id) {
                let isHere = try await home.isMember(account, of: community)
                told.set("state", .string(isHere ? "joined" : "joining"))
            }
        }
        json = JSONWriter.bytes(of: told)
    }
}
