package import Wire

/// What changes of a role; nil leaves it.
package struct RoleEdit: Sendable {
    package let name: String?
    package let permissions: Permissions?
    package let position: Int?
    /// `#rrggbb`; an empty one takes it away.
    package let color: String?

    package init(name: String?, permissions: Permissions?, position: Int?, color: String?) {
        self.name = name
        self.permissions = permissions
        self.position = position
        self.color = color
    }
}

extension Home {
    /// Makes a role below all others, whose position is 1; theirs move up by one.
    package func createRole(
        name: String, permissions: Permissions, color: String?, in id: CommunityID, by account: Account
    ) async throws(HomeError) -> Role {
        let name = try CommunityRules.name(name)
        let color = try CommunityRules.color(color)
        let role: RoleID = ids.next()
        let event: EventID = ids.next()
        let after = try await change(id, by: account, event: event) { (batch, before, actor) throws(HomeError) in
            try actor.require(.manageRoles, at: batch.now)
            try actor.requireGrant(of: permissions, at: batch.now)
            guard before.roles.count < Limits.roles else {
                throw .conflict("this community has \(Limits.roles) roles, as many as it can have")
            }
            // It comes in below all others, so it is under whoever has a role himself.
            guard actor.isOwner || actor.position > 0 else {
                throw .forbidden("a new role would stand over you, who has none")
            }
            batch.makeRoom(at: 1, in: before)
            let made = Role(
                id: role, name: name, permissions: permissions, position: 1, isEveryone: false, color: color)
            batch.setRole(made, of: before.key)
            batch.log(
                LogEntry(
                    .createRole, target: role.description, named: name,
                    detail: [("permissions", permissions.names.joined(separator: " "))]),
                of: before.key, event: event, by: actor.user)
            batch.tellCommunity(before.key, .member, reason: .role, role: made)
        }
        guard let made = after.roles[role] else { throw .internal }
        return made
    }

    package func updateRole(
        _ role: RoleID, _ edit: RoleEdit, in id: CommunityID, by account: Account
    ) async throws(HomeError) -> Role {
        let name: String? = if let name = edit.name { try CommunityRules.name(name) } else { nil }
        let color: Int? = if let color = edit.color, !color.isEmpty { try CommunityRules.color(color) } else { nil }
        let event: EventID = ids.next()
        let after = try await change(id, by: account, event: event, changesSight: true) {
            (batch, before, actor) throws(HomeError) in
            try actor.require(.manageRoles, at: batch.now)
            guard let known = before.roles[role] else { throw .notFound("this community has no such role") }
            try actor.requireOver(known)
            var changed = known
            if let name { changed.name = name }
            if let permissions = edit.permissions { changed.permissions = permissions }
            if edit.color != nil { changed.color = color }
            // What he lacks himself he can neither give nor take.
            try actor.requireGrant(
                of: changed.permissions.symmetricDifference(known.permissions), at: batch.now)
            if known.isEveryone {
                guard changed.name == known.name, edit.position ?? 0 == 0 else {
                    throw .invalid(
                        field: changed.name == known.name ? "position" : "name",
                        problem: "of everyone's role cannot be changed")
                }
            }
            let wanted = try position(edit.position, of: known, in: before, actor)
            guard changed != known || wanted != known.position else { return }
            batch.setRole(changed, of: before.key)
            if wanted != known.position { batch.move(changed, to: wanted, in: before) }
            var detail: [(key: String, value: String)] = []
            if changed.name != known.name { detail.append(("name", changed.name)) }
            if changed.permissions != known.permissions {
                detail.append(("permissions", changed.permissions.names.joined(separator: " ")))
            }
            if wanted != known.position { detail.append(("position", String(wanted))) }
            if changed.color != known.color {
                detail.append(("color", changed.color.map { String($0, radix: 16) } ?? ""))
            }
            batch.log(
                LogEntry(.updateRole, target: role.description, named: known.name, detail: detail), of: before.key,
                event: event, by: actor.user)
            batch.tellCommunity(
                before.key, .member, reason: .role, role: batch.communities[before.key]?.roles[role])
            let difference = changed.permissions.symmetricDifference(known.permissions)
            if !difference.isDisjoint(with: [.viewChannel, .administrator]) { batch.tellSight(since: before) }
        }
        guard let changed = after.roles[role] else { throw .internal }
        return changed
    }

    package func deleteRole(_ role: RoleID, in id: CommunityID, by account: Account) async throws(HomeError) {
        let event: EventID = ids.next()
        try await change(id, by: account, event: event, changesSight: true) {
            (batch, before, actor) throws(HomeError) in
            try actor.require(.manageRoles, at: batch.now)
            guard let known = before.roles[role] else { throw .notFound("this community has no such role") }
            guard !known.isEveryone else { throw .conflict("everyone's role cannot be deleted") }
            try actor.requireOver(known)
            try actor.requireGrant(of: known, in: before, at: batch.now)
            batch.communities[before.key]?.roles[role] = nil
            batch.rows.roles.insert(RolePlace(community: before.key, role: role))
            for member in before.members.values where member.roles.contains(role) {
                var member = member
                member.roles.remove(role)
                batch.setMember(member, of: before.key)
            }
            var overridden: [Channel] = []
            for channel in before.channels.values where channel.overrides[.role(role)] != nil {
                var channel = channel
                channel.overrides[.role(role)] = nil
                batch.setChannel(channel, of: before.key)
                overridden.append(channel)
            }
            for other in before.roles.values where other.position > known.position {
                var other = other
                other.position -= 1
                batch.setRole(other, of: before.key)
            }
            batch.log(
                LogEntry(.deleteRole, target: role.description, named: known.name), of: before.key, event: event,
                by: actor.user)
            // That nobody has it any more, and where the others stand, follows from this one.
            batch.tellCommunity(before.key, .member, reason: .role, removedRole: role)
            for channel in overridden { batch.tellChannel(channel, of: before.key) }
            let isOfSight = !known.permissions.isDisjoint(with: [.viewChannel, .administrator])
            if isOfSight || !overridden.isEmpty { batch.tellSight(since: before) }
        }
    }
}

/// The position that is wanted, if he may put the role there: below his own.
private func position(
    _ wanted: Int?, of role: Role, in community: Community, _ actor: Standing
) throws(HomeError) -> Int {
    guard let wanted, wanted != role.position else { return role.position }
    guard (1..<community.roles.count).contains(wanted) else {
        throw .invalid(field: "position", problem: "must be between 1 and \(community.roles.count - 1)")
    }
    guard actor.isOver(rolePosition: wanted) else { throw .forbidden("this position is as high as yours, or higher") }
    return wanted
}

extension Batch {
    /// Moves the roles from a position on up by one.
    fileprivate mutating func makeRoom(at position: Int, in before: Community) {
        for var role in before.roles.values where role.position >= position {
            role.position += 1
            setRole(role, of: before.key)
        }
    }

    /// Puts a role at another position; those between move by one.
    fileprivate mutating func move(_ role: Role, to position: Int, in before: Community) {
        for var other in before.roles.values where other.id != role.id && !other.isEveryone {
            if other.position > role.position, other.position <= position {
                other.position -= 1
            } else if other.position < role.position, other.position >= position {
                other.position += 1
            } else {
                continue
            }
            setRole(other, of: before.key)
        }
        var role = role
        role.position = position
        setRole(role, of: before.key)
    }
}

extension Standing {
    /// Throws for whoever may not give these.
    func requireGrant(of permissions: Permissions, at now: Instant) throws(HomeError) {
        guard mayGrant(permissions, at: now) else {
            let missing = permissions.subtracting(self.permissions(at: now)).names
            throw .forbidden("you lack the permission \(missing.joined(separator: ", "))")
        }
    }

    /// Throws for whoever may not give a role: he lacks what it holds, or what a channel says of those who have it.
    func requireGrant(of role: Role, in community: Community, at now: Instant) throws(HomeError) {
        try requireGrant(of: role.permissions, at: now)
        for channel in community.channels.values {
            guard let override = channel.overrides[.role(role.id)] else { continue }
            let own = community.permissions(of: user, in: channel, at: now)
            guard own.isSuperset(of: override.allow.union(override.deny)) else {
                throw .forbidden("a channel says something of this role that you may not say there")
            }
        }
    }

    func requireOver(_ role: Role) throws(HomeError) {
        guard isOver(rolePosition: role.position) else {
            throw .forbidden("this role is as high as yours, or higher")
        }
    }

    func requireOver(_ member: Member, in community: Community) throws(HomeError) {
        guard isOver(community.standing(of: member)) else {
            throw .forbidden("this member's role is as high as yours, or higher")
        }
    }
}
