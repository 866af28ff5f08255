package import Wire

/// One change of a community as its log tells it; the number, the time and the actor stand beside it.
package struct LogEntry: Sendable {
    package enum Action: String, Sendable, CaseIterable {
        case createCommunity = "community.create"
        case updateCommunity = "community.update"
        case transferCommunity = "community.transfer"
        case deleteCommunity = "community.delete"
        case createChannel = "channel.create"
        case updateChannel = "channel.update"
        case deleteChannel = "channel.delete"
        case overrideChannel = "channel.override"
        case createRole = "role.create"
        case updateRole = "role.update"
        case deleteRole = "role.delete"
        case join = "member.join"
        case leave = "member.leave"
        case kick = "member.kick"
        case ban = "member.ban"
        case unban = "member.unban"
        case addRole = "member.role_add"
        case removeRole = "member.role_remove"
        case timeOut = "member.time_out"
        case endTimeOut = "member.time_out_end"
        case invite = "invite.create"
        case withdrawInvite = "invite.withdraw"
        case declineInvite = "invite.decline"
        case createLink = "link.create"
        case revokeLink = "link.revoke"
        case deleteMessage = "message.delete"
        case purgeMessages = "message.purge"
        case createReport = "report.create"
        case closeReport = "report.close"
    }

    package let action: Action
    /// An address or an id.
    package let target: String?
    /// What the target was called then.
    package let targetName: String?
    package let reason: String?
    /// What changed, as the API shows it; each value is text.
    package let detail: [(key: String, value: String)]

    init(
        _ action: Action, target: String? = nil, named targetName: String? = nil, reason: String? = nil,
        detail: [(key: String, value: String)] = []
    ) {
        self.action = action
        self.target = target
        self.targetName = targetName
        self.reason = reason
        self.detail = detail
    }

    /// `detail` as the database keeps it; nil when there is none.
    var detailJSON: String? {
        guard !detail.isEmpty else { return nil }
        var json = JSONWriter()
        json.beginObject()
        for (key, value) in detail {
            json.key(escaping: key)
            json.value(value)
        }
        json.endObject()
        return String(decoding: json.bytes, as: UTF8.self)
    }
}

/// An entry of a community's log with its number.
package struct LoggedChange: Sendable {
    package let version: Int64
    package let at: Instant
    package let actor: UserID
    package let action: String
    package let target: String?
    package let targetName: String?
    package let reason: String?
    /// A JSON object.
    package let detail: String?
}
