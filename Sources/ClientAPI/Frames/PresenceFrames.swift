import Home
import Wire

/// `own-status-changed`, to every session of the user who changed it, the one that asked included.
struct OwnStatusChangedFrame: JSONWritable {
    let own: OwnPresence

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "own-status-changed")
        own.writeFields(to: &json)
        json.endObject()
    }
}

/// `friend-status-changed`, to every session of a friend: true only now, so it has no number.
struct FriendStatusChangedFrame: JSONWritable {
    let user: UserID
    let presence: ShownPresence

    /// What a newer frame about the same friend replaces.
    var key: EphemeralKey { EphemeralKey(type: "friend-status-changed", subject: user.text) }

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "friend-status-changed")
        json.field("user_id", user)
        json.field("username", user.local)
        presence.writeFields(to: &json)
        json.endObject()
    }
}

extension OwnPresence {
    /// As `ready.user`, `/me` and `own-status-changed` have it.
    func writeFields(to json: inout JSONWriter) {
        json.field("status", status.rawValue)
        json.field("show_last_seen", showsLastSeen)
    }
}

extension ShownPresence {
    /// As the lists of friends and `friend-status-changed` have it.
    func writeFields(to json: inout JSONWriter) {
        json.field("status", word)
        json.field("last_seen", lastSeen)
    }
}

extension Friend {
    /// An entry of `ready.friends` and `/friends`.
    func writeFields(to json: inout JSONWriter) {
        json.field("user_id", user)
        json.field("username", user.local)
        json.field("since", since)
        presence.writeFields(to: &json)
    }
}
