package import Wire

/// What a channel allows and denies somebody beside his roles.
package struct PermissionOverride: Hashable, Sendable {
    package static let none = PermissionOverride(allow: [], deny: [])

    package let allow: Permissions
    package let deny: Permissions

    /// Only what channels decide counts; what is both allowed and denied is allowed.
    package init(allow: Permissions, deny: Permissions) {
        self.allow = allow.intersection(.ofChannels)
        self.deny = deny.intersection(.ofChannels).subtracting(allow)
    }

    func applied(to permissions: Permissions) -> Permissions {
        permissions.subtracting(deny).union(allow)
    }

    func merged(with other: PermissionOverride) -> PermissionOverride {
        PermissionOverride(allow: allow.union(other.allow), deny: deny.union(other.deny))
    }
}

/// Who somebody is in a community: the one place that says what he may do there, and on whom he may act.
///
/// Everybody has the role `everyone`, whose position is 0; the higher a role's position, the more it stands over.
package struct Standing: Sendable {
    package let user: UserKey
    package let isOwner: Bool
    /// Of all his roles and of everyone's.
    package let permissions: Permissions
    /// The position of his highest role, 0 without one.
    package let position: Int
    /// While it is in the future he only reads.
    package let timedOutUntil: Instant?

    /// - Parameter roles: His own, without everyone's.
    package init(
        user: UserKey, isOwner: Bool, everyone: Permissions, roles: [(position: Int, permissions: Permissions)],
        timedOutUntil: Instant? = nil
    ) {
        self.user = user
        self.isOwner = isOwner
        permissions = roles.reduce(everyone) { $0.union($1.permissions) }
        position = roles.map(\.position).max() ?? 0
        self.timedOutUntil = timedOutUntil
    }

    /// He may do everything, and no channel or time-out changes that.
    package var isBeyondRules: Bool { isOwner || permissions.contains(.administrator) }

    /// In the community as a whole.
    package func permissions(at now: Instant) -> Permissions {
        guard !isBeyondRules else { return .all }
        return limited(permissions, at: now)
    }

    /// In a channel: everyone's override first, then those of all his roles together, then his own; of each what is denied goes and
    /// what is allowed comes. Who may not see a channel may do nothing there.
    ///
    /// - Parameters:
    ///   - everyone: The channel's override for everyone.
    ///   - roles: Those for his roles, in any order.
    ///   - own: That for himself.
    package func permissions(
        everyone: PermissionOverride, roles: [PermissionOverride], own: PermissionOverride, at now: Instant
    ) -> Permissions {
        guard !isBeyondRules else { return .all }
        let ofRoles = roles.reduce(PermissionOverride.none) { $0.merged(with: $1) }
        let result = own.applied(to: ofRoles.applied(to: everyone.applied(to: permissions)))
        guard result.contains(.viewChannel) else { return [] }
        return limited(result, at: now)
    }

    private func limited(_ permissions: Permissions, at now: Instant) -> Permissions {
        guard let timedOutUntil, timedOutUntil > now else { return permissions }
        return permissions.intersection(.whileTimedOut)
    }

    // MARK: Over others

    /// Whether he stands over another member: nobody over himself, over the owner, or over whoever has as high a role.
    package func isOver(_ other: Standing) -> Bool {
        guard user != other.user, !other.isOwner else { return false }
        return isOwner || position > other.position
    }

    /// Whether he may make, change, give or take a role at this position.
    package func isOver(rolePosition: Int) -> Bool {
        isOwner || position > rolePosition
    }

    /// Whether he may give these to a role or a channel: nobody gives what he does not have himself.
    package func mayGrant(_ granted: Permissions, at now: Instant) -> Bool {
        permissions(at: now).isSuperset(of: granted)
    }
}
