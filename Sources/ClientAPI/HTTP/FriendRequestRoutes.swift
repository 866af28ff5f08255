import HTTPTypes
import Home
import Wire

/// Friend requests: sending, answering, withdrawing.
enum FriendRequestRoutes {
    static let all: [HTTPRoute] = [
        .signedIn(.get, "/api/v1/friend-requests", list),
        .signedIn(.post, "/api/v1/friend-requests", send),
        .signedIn(.delete, "/api/v1/friend-requests/{id}", withdraw),
        .signedIn(.post, "/api/v1/friend-requests/{id}/accept", accept),
        .signedIn(.post, "/api/v1/friend-requests/{id}/decline", decline),
    ]

    private static func list(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let requests = try await call.home.friendRequests(of: login.account)
        return page.answer("friend_requests", requests, cursor: \.id.description) { request, json in
            json.field("request_id", request.id)
            json.field("user_id", request.user)
            json.field("username", request.user.local)
            json.field("direction", request.direction.rawValue)
            json.field("state", request.state.rawValue)
            json.field("timestamp", request.timestamp)
        }
    }

    private static func send(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let receiver = try await call.body().userID("user_id", home: call.home.server)
        let receipt = try await call.home.sendFriendRequest(to: receiver, from: login.account)
        return .object(.created) { json in
            json.field("request_id", receipt.requestID)
            json.field("receiver_id", receipt.receiver)
            json.field("state", receipt.state.rawValue)
        }
    }

    private static func withdraw(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.withdrawFriendRequest(try call.pathID("id"), by: login.account)
        return .done
    }

    private static func accept(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.acceptFriendRequest(try call.pathID("id"), by: login.account)
        return .done
    }

    private static func decline(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.declineFriendRequest(try call.pathID("id"), by: login.account)
        return .done
    }
}
