package import Home
package import Wire

/// `community-changed`, to its members, or to the one who came or went.
struct CommunityChangedFrame: JSONWritable {
    let change: CommunityChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "community-changed")
        json.field("server_id", change.id)
        json.field("version", change.version)
        json.field("state", change.state.rawValue)
        json.field("reason", change.reason.rawValue)
        json.field("name", change.name)
        json.field("description", change.description)
        json.field("owner_user_id", change.owner)
        json.field("role", change.role)
        json.field("removed_role_id", change.removedRole)
        json.field("stale", change.isStale)
        json.endObject()
    }
}

/// `channel-changed`, to those who see the channel, or no longer do.
struct ChannelChangedFrame: JSONWritable {
    let change: ChannelChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "channel-changed")
        json.field("server_id", change.community)
        json.field("version", change.version)
        json.field("channel_id", change.id)
        json.field("state", change.channel == nil ? "gone" : "present")
        if let channel = change.channel {
            json.key("channel")
            json.beginObject()
            channel.writeFields(to: &json)
            json.field("last_seq", change.lastSeq)
            json.endObject()
        }
        json.endObject()
    }
}

/// `member-changed`, to every member.
struct MemberChangedFrame: JSONWritable {
    let change: MemberChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "member-changed")
        json.field("server_id", change.community)
        json.field("version", change.version)
        json.field("user_id", change.member.id)
        json.field("username", change.member.id.local)
        json.field("state", change.state.rawValue)
        json.field("reason", change.reason?.rawValue)
        change.member.writeStanding(to: &json)
        json.endObject()
    }
}

/// `new-server-invite`, to the person who is invited.
struct NewServerInviteFrame: JSONWritable {
    let invite: ServerInvite

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "new-server-invite")
        json.field("from_user_id", invite.inviter)
        json.field("from_username", invite.inviter.local)
        json.field("server_id", invite.community)
        json.field("server_name", invite.name)
        json.field("invite_id", invite.id)
        json.field("expires_at", invite.expiresAt)
        json.endObject()
    }
}

/// `server-invite-changed`, to the person who is invited.
struct ServerInviteChangedFrame: JSONWritable {
    let change: ServerInviteChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "server-invite-changed")
        json.field("invite_id", change.id)
        json.field("server_id", change.community)
        json.field("state", change.state)
        json.field("code", change.code)
        json.endObject()
    }
}

/// `report-changed`, to those who handle reports.
struct ReportChangedFrame: JSONWritable {
    let change: ReportChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "report-changed")
        json.field("server_id", change.community)
        json.field("report_id", change.id)
        json.field("state", change.isOpen ? "open" : "closed")
        json.endObject()
    }
}

// MARK: - The objects of the API

extension Role: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("role_id", id)
        json.field("name", name)
        json.field("permissions", permissions.names)
        json.field("position", position)
        json.field("everyone", isEveryone)
        json.field("color", color.map { "#" + hexadecimal($0) })
        json.endObject()
    }

    /// Six digits.
    private func hexadecimal(_ color: Int) -> String {
        let digits = String(color, radix: 16)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }
}

extension ChannelDescription {
    func writeFields(to json: inout JSONWriter) {
        json.field("channel_id", channel.id)
        json.field("server_id", community)
        json.field("kind", channel.kind.rawValue)
        json.field("name", channel.name)
        json.field("topic", channel.topic)
        json.field("position", channel.position)
        json.field("slow_mode_seconds", channel.slowMode)
        json.field("private", channel.isPrivate)
        json.key("overrides")
        json.beginArray()
        for override in overrides {
            json.beginObject()
            json.field("target", override.target)
            json.field("allow", override.override.allow.names)
            json.field("deny", override.override.deny.names)
            json.endObject()
        }
        json.endArray()
    }
}

extension CommunityView.SeenChannel: JSONWritable {
    package func write(to json: inout JSONWriter) {
        json.beginObject()
        writeFields(to: &json)
        json.endObject()
    }

    func writeFields(to json: inout JSONWriter) {
        description.writeFields(to: &json)
        json.field("permissions", permissions.names)
        json.field("last_seq", lastSeq)
        guard let summary else { return }
        json.field("read_seq", summary.readSeq)
        json.field("unread", summary.unread)
        json.field("mentions", summary.mentions)
    }
}

extension Member {
    func writeFields(to json: inout JSONWriter) {
        json.field("user_id", id)
        json.field("username", id.local)
        writeStanding(to: &json)
    }

    func writeStanding(to json: inout JSONWriter) {
        json.field("role_ids", roles.sorted().map(\.description))
        json.field("joined_at", joinedAt)
        json.field("timed_out_until", timedOutUntil)
    }
}

extension MemberView {
    func writeFields(to json: inout JSONWriter) {
        member.writeFields(to: &json)
        // When somebody was last seen only his friends are told.
        json.field("status", presence.word)
    }
}

extension Community {
    /// An entry of `ready.servers` and `GET /servers`.
    func writeSummary(to json: inout JSONWriter) {
        json.field("server_id", id)
        json.field("name", name)
        json.field("owner_user_id", ownerID)
        json.field("version", version)
        json.field("incarnation", hostIncarnation)
        if isStale { json.field("stale", true) }
    }
}

extension CommunityView {
    func writeFields(to json: inout JSONWriter) {
        json.field("server_id", community.id)
        json.field("name", community.name)
        json.field("description", community.description)
        json.field("host", host)
        json.field("owner_user_id", community.ownerID)
        json.field("version", community.version)
        json.field("created_at", community.createdAt)
        json.field("member_count", memberCount)
        if community.isStale { json.field("stale", true) }
        json.field("permissions", permissions.names)
        json.field("position", position)
        json.field("role_ids", member.roles.sorted().map(\.description))
        json.field("timed_out_until", member.timedOutUntil)
        json.field("channels", channels)
        json.field("roles", community.sortedRoles)
    }
}

extension ServerInvite {
    /// In the lists of both sides.
    func writeFields(to json: inout JSONWriter) {
        writeOffer(to: &json)
        json.field("user_id", invitee)
        json.field("created_at", createdAt)
    }

    /// An entry of `ready.server_invites`.
    func writeOffer(to json: inout JSONWriter) {
        json.field("invite_id", id)
        json.field("server_id", community)
        json.field("server_name", name)
        json.field("from_user_id", inviter)
        json.field("from_username", inviter.local)
        json.field("expires_at", expiresAt)
    }
}
