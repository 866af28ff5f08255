/// What somebody may do in a community, or in one of its channels; a set of the bits that are stored.
///
/// The numbers of the bits are for ever: they stand in the database and cross links. A client sees the names.
package struct Permissions: OptionSet, Hashable, Sendable {
    package let rawValue: Int64

    package init(rawValue: Int64) { self.rawValue = rawValue }

    /// Everything, everywhere, whatever channels say.
    package static let administrator = Permissions(rawValue: 1 << 0)
    package static let manageCommunity = Permissions(rawValue: 1 << 1)
    package static let manageRoles = Permissions(rawValue: 1 << 2)
    package static let manageChannels = Permissions(rawValue: 1 << 3)
    package static let createInvites = Permissions(rawValue: 1 << 4)
    package static let manageInvites = Permissions(rawValue: 1 << 5)
    package static let kickMembers = Permissions(rawValue: 1 << 6)
    package static let banMembers = Permissions(rawValue: 1 << 7)
    package static let timeOutMembers = Permissions(rawValue: 1 << 8)
    package static let viewAuditLog = Permissions(rawValue: 1 << 9)
    package static let handleReports = Permissions(rawValue: 1 << 10)
    /// Without it a channel is not there.
    package static let viewChannel = Permissions(rawValue: 1 << 11)
    package static let sendMessages = Permissions(rawValue: 1 << 12)
    package static let readHistory = Permissions(rawValue: 1 << 13)
    /// Of others: to delete them.
    package static let manageMessages = Permissions(rawValue: 1 << 14)
    /// `@everyone`, and `@role`.
    package static let mentionEveryone = Permissions(rawValue: 1 << 15)
    package static let bypassSlowMode = Permissions(rawValue: 1 << 16)
    package static let attachFiles = Permissions(rawValue: 1 << 17)
    package static let addReactions = Permissions(rawValue: 1 << 18)
    package static let connect = Permissions(rawValue: 1 << 19)
    package static let speak = Permissions(rawValue: 1 << 20)
    package static let muteMembers = Permissions(rawValue: 1 << 21)

    /// Each bit with its name, in the order of the bits.
    package static let named: [(name: String, permission: Permissions)] = [
        ("administrator", .administrator), ("manage_community", .manageCommunity), ("manage_roles", .manageRoles),
        ("manage_channels", .manageChannels), ("create_invites", .createInvites), ("manage_invites", .manageInvites),
        ("kick_members", .kickMembers), ("ban_members", .banMembers), ("time_out_members", .timeOutMembers),
        ("view_audit_log", .viewAuditLog), ("handle_reports", .handleReports), ("view_channel", .viewChannel),
        ("send_messages", .sendMessages), ("read_history", .readHistory), ("manage_messages", .manageMessages),
        ("mention_everyone", .mentionEveryone), ("bypass_slow_mode", .bypassSlowMode), ("attach_files", .attachFiles),
        ("add_reactions", .addReactions), ("connect", .connect), ("speak", .speak), ("mute_members", .muteMembers),
    ]

    package static let all = named.reduce(into: Permissions()) { $0.formUnion($1.permission) }

    /// What a channel may allow or deny by itself.
    package static let ofChannels: Permissions = [
        .manageChannels, .viewChannel, .sendMessages, .readHistory, .manageMessages, .mentionEveryone,
        .bypassSlowMode, .attachFiles, .addReactions, .connect, .speak, .muteMembers,
    ]

    /// What is left to somebody who is timed out: he may read.
    package static let whileTimedOut: Permissions = [.viewChannel, .readHistory]

    package init?(names: [String]) {
        var permissions = Permissions()
        for name in names {
            guard let known = Permissions.named.first(where: { $0.name == name }) else { return nil }
            permissions.formUnion(known.permission)
        }
        self = permissions
    }

    package var names: [String] { Permissions.named.filter { contains($0.permission) }.map(\.name) }
}

extension Permissions {
    /// What every member of a new community may do.
    package static let presetOfMembers: Permissions = [
        .viewChannel, .sendMessages, .readHistory, .createInvites, .attachFiles, .addReactions, .connect, .speak,
    ]
    package static let presetOfModerators: Permissions = presetOfMembers.union([
        .kickMembers, .banMembers, .timeOutMembers, .viewAuditLog, .handleReports, .manageMessages, .mentionEveryone,
        .bypassSlowMode, .muteMembers, .manageInvites,
    ])
    package static let presetOfAdministrators: Permissions = [.administrator]
}
