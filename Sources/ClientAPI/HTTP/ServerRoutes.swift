import HTTPTypes
import Home
import Wire

/// What the homeserver says of itself.
enum ServerRoutes {
    static let all: [HTTPRoute] = [
        .open(.get, "/api/v1/server", server),
        .open(.get, "/api/v1/limits", limits),
        .open(.get, "/health", health),
        .open(.get, "/.well-known/home-server", wellKnown),
    ]

    /// What a client has to know before anybody is signed in.
    private static func server(_ call: HTTPCall) async throws -> HTTPAnswer {
        .object { json in
            json.field("name", call.home.server)
            json.field("registration", call.home.settings.registration.rawValue)
            json.field("protocol", HelloFrame.version)
        }
    }

    private static func limits(_ call: HTTPCall) async throws -> HTTPAnswer {
        .object { json in
            ClientLimits.write(to: &json)
        }
    }

    /// 200 when it can serve; 503 in the error envelope when the database is away.
    private static func health(_ call: HTTPCall) async throws -> HTTPAnswer {
        guard await call.home.isReady else { throw HomeError.unavailable("the database cannot be reached") }
        return .object { $0.field("status", "ok") }
    }

    /// Where peers find the federation listener of this name.
    private static func wellKnown(_ call: HTTPCall) async throws -> HTTPAnswer {
        guard let host = call.settings.wellKnownHost else { throw HTTPRefusal.unknownPath }
        return .object { json in
            json.field("v", 1)
            json.field("host", host)
        }
    }
}
