import FoundationEssentials

/// What `ops/demo --describe` writes: where the homeservers are, and who may sign in.
struct Description: Decodable {
    struct Homeserver: Decodable {
        let name: String
        let url: String
        let pid: Int
        let postgres_pid: Int
    }

    struct Account: Decodable {
        let user_id: String
        let password: String

        var name: String { String(user_id.prefix { $0 != "@" }) }
        var server: String { String(user_id.drop { $0 != "@" }.dropFirst()) }
    }

    let homeservers: [Homeserver]
    let accounts: [Account]

    static func read(_ path: String) throws -> Description {
        try JSONDecoder().decode(Description.self, from: try Data(contentsOf: URL(filePath: path)))
    }

    /// The numbered accounts of a homeserver, in order.
    func numbered(on server: String) -> [Account] {
        accounts.filter { $0.server == server && $0.name.hasPrefix("user0") }.sorted { $0.name < $1.name }
    }
}

extension Description.Homeserver {
    /// The port of the client listener; it is on loopback.
    var port: UInt16 {
        UInt16(url.split(separator: ":").last?.split(separator: "/").first ?? "") ?? 80
    }

    /// The `Host` of requests.
    var authority: String { "\(name):\(port)" }
}
