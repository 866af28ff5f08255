import HTTPTypes
import Home
import Wire

/// Friends: who they are, and ending a friendship.
enum FriendRoutes {
    static let all: [HTTPRoute] = [
        .signedIn(.get, "/api/v1/friends", list),
        .signedIn(.delete, "/api/v1/friends/{address}", remove),
    ]

    private static func list(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let friends = try await call.home.friends(of: login.account)
        return page.answer("friends", friends, cursor: \.user.text) { friend, json in
            friend.writeFields(to: &json)
        }
    }

    private static func remove(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.removeFriend(try call.pathUser("address"), by: login.account)
        return .done
    }
}
