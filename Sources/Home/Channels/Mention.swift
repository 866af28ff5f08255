package import Wire

/// Whom a message of a channel calls. Written as the API has it: `everyone`, a role's id, or an address; a space is in none of them.
package enum Mention: Hashable, Sendable {
    case everyone
    case role(RoleID)
    case user(UserID)

    package init?(_ word: String, home: ServerName) {
        if word == "everyone" {
            self = .everyone
        } else if let role = RoleID(word) {
            self = .role(role)
        } else if let user = UserID(word, home: home) {
            self = .user(user)
        } else {
            return nil
        }
    }

    package var word: String {
        switch self {
        case .everyone: "everyone"
        case .role(let role): role.description
        case .user(let user): user.text
        }
    }

    /// As `messages.mentions` has them; nil is none.
    static func text(_ mentions: [Mention]) -> String? {
        mentions.isEmpty ? nil : mentions.map(\.word).joined(separator: " ")
    }

    static func list(_ text: String?) -> [Mention] {
        guard let text else { return [] }
        return text.split(separator: " ").compactMap { word in
            if word == "everyone" { return .everyone }
            if let role = RoleID(String(word)) { return .role(role) }
            return UserID(String(word)).map(Mention.user)
        }
    }
}

extension Community {
    /// Everything that mentions a member.
    func mentionWords(of member: Member) -> String {
        (["everyone", member.id.text] + member.roles.sorted().map(\.description)).joined(separator: " ")
    }
}
