import Home
import Wire

/// `new-friend-request`, to the receiver of a request.
struct NewFriendRequestFrame: JSONWritable {
    let notice: FriendRequestNotice

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "new-friend-request")
        json.field("from_user_id", notice.user)
        json.field("from_username", notice.user.local)
        json.field("request_id", notice.requestID)
        json.field("timestamp", notice.timestamp)
        json.endObject()
    }
}

/// `friend-request-accepted`, to the author of a request.
struct FriendRequestAcceptedFrame: JSONWritable {
    let notice: FriendRequestNotice

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "friend-request-accepted")
        json.field("by_user_id", notice.user)
        json.field("by_username", notice.user.local)
        json.field("request_id", notice.requestID)
        json.endObject()
    }
}

/// `friendship-changed`, to every session of the user whose roster changed.
struct FriendshipChangedFrame: JSONWritable {
    let change: FriendshipChange

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "friendship-changed")
        json.field("user_id", change.user)
        json.field("username", change.user.local)
        json.field("request_id", change.requestID)
        json.field("state", change.state.rawValue)
        json.field("reason", change.reason?.rawValue)
        json.field("code", change.code)
        json.endObject()
    }
}
