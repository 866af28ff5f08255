import HTTPTypes
import Home
import Wire

/// Blocks: whom one has blocked, blocking and unblocking.
enum BlockRoutes {
    static let all: [HTTPRoute] = [
        .signedIn(.get, "/api/v1/blocks", list),
        .signedIn(.put, "/api/v1/blocks/{address}", block),
        .signedIn(.delete, "/api/v1/blocks/{address}", unblock),
    ]

    private static func list(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        let page = try ListPage(try call.query())
        let blocks = try await call.home.blocks(of: login.account)
        return page.answer("blocks", blocks, cursor: \.user.text) { block, json in
            json.field("user_id", block.user)
            json.field("username", block.user.local)
            json.field("since", block.since)
        }
    }

    private static func block(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.block(try call.pathUser("address"), by: login.account)
        return .done
    }

    private static func unblock(_ call: HTTPCall, _ login: Login) async throws -> HTTPAnswer {
        try await call.home.unblock(try call.pathUser("address"), by: login.account)
        return .done
    }
}
