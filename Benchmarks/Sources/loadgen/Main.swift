import CLinux
import Glibc

/// `loadgen DESCRIPTION CASE [SECONDS]`: puts load on the homeservers that `ops/demo --describe` described, and prints a row of the table.
@main
enum Main {
    static let usage = """
        usage: loadgen DESCRIPTION CASE [SECONDS]

        DESCRIPTION  the file that `ops/demo --accounts N --limits off --describe FILE` writes
        CASE         local-1, local-16      100 pairs on the first homeserver, window 1 or 16
                     local-open             the same, 500 messages a second
                     federated-1, federated-16, federated-open   100 pairs across the two, half each way
                     channel-1              a channel of 500 members online, one message at a time; the figures are of a delivery
                     channel-10             the same, ten of them writing
                     across-1, across-10    the same with half of the members, and of the writers, on the other homeserver
                     idle                   10,000 signed-in sessions that do nothing
                     header                 the table's head, nothing else
        SECONDS      how long to send (default 10)
        """

    static func main() async {
        let arguments = CommandLine.arguments
        if arguments.count == 2, arguments[1] == "header" { return print(Outcome.header) }
        guard arguments.count == 3 || arguments.count == 4,
            let seconds = Double(arguments.count == 4 ? arguments[3] : "10"),
            (0.1...600).contains(seconds)
        else {
            print(usage)
            exit(arguments.contains("--help") ? 0 : 3)
        }
        do {
            let description = try Description.read(arguments[1])
            try await run(arguments[2], seconds, description)
        } catch {
            print_error("loadgen: \(error)\n")
            exit(2)
        }
    }

    static let pairs = 100

    static func run(_ name: String, _ seconds: Double, _ description: Description) async throws {
        let parts = name.split(separator: "-")
        if name == "idle" { return try await idle(description) }
        if parts.count == 2, ["channel", "across"].contains(parts[0]), let senders = Int(parts[1]),
            (1...members).contains(senders)
        {
            let servers = parts[0] == "across" ? description.homeservers : [description.homeservers[0]]
            return try await channel(name, on: servers, senders: senders, seconds, description)
        }
        guard parts.count == 2, let place = Place(rawValue: String(parts[0])) else {
            throw Failure("no case \(name)\n\(usage)")
        }
        let mode: MessageLoad.Mode
        switch parts[1] {
        case "open": mode = .open(perSecond: 500)
        default:
            guard let window = Int(parts[1]), (1...64).contains(window) else {
                throw Failure("no case \(name)\n\(usage)")
            }
            mode = .window(window)
        }
        let loop = Loop()
        let (senders, receivers) = try await connect(place, description, loop)
        let servers = place == .local ? [description.homeservers[0]] : description.homeservers
        let load = MessageLoad(loop, senders, receivers: receivers)
        // What is measured is the steady state: plans, caches and buffers exist.
        _ = try load.measure(mode, seconds: min(2, seconds), servers: servers)
        let measured = MessageLoad(loop, senders, receivers: receivers)
        let outcome = try measured.measure(mode, seconds: seconds, servers: servers)
        print(outcome.row(name))
        for (error, count) in outcome.errors { print_error("\(count) × \(error)\n") }
        if outcome.lost + outcome.doubled + outcome.disordered > 0 { exit(1) }
    }

    static let members = 500

    /// A community on the first homeserver of 500 accounts with a socket each, who come in by a link: of all homeservers in turn.
    static func channel(
        _ name: String, on servers: [Description.Homeserver], senders: Int, _ seconds: Double,
        _ description: Description
    ) async throws {
        let each = members / servers.count
        var people: [[(server: Description.Homeserver, token: String)]] = []
        for server in servers {
            let accounts = Array(description.numbered(on: server.name).prefix(each))
            guard accounts.count == each else { throw Failure("the demo needs --accounts \(each) or more") }
            people.append(try await Loopback.logins(accounts, at: server).map { (server, $0) })
        }
        // In turn, so that of any first few as many are here as there.
        let all = (0..<each).flatMap { index in people.map { $0[index] } }
        let host = servers[0]
        let community = try Loopback.post("/api/v1/servers", #"{"name":"Load"}"#, token: all[0].token, at: host)
        let id = try Loopback.value(of: "server_id", in: community)
        let channel = try Loopback.value(of: "channel_id", in: community)
        let link = try Loopback.post("/api/v1/servers/\(id)/invite-links", "{}", token: all[0].token, at: host)
        let code = try Loopback.value(of: "code", in: link)
        for (server, token) in all.dropFirst() {
            let path = "/api/v1/invite-links/\(code)@\(host.name)/join"
            _ = try Loopback.post(path, "{}", token: token, at: server)
        }
        let loop = Loop()
        let sockets = try all.map { try Socket(port: $0.server.port, authority: $0.server.authority, token: $0.token) }
        for socket in sockets { try loop.add(socket) }
        let warm = ChannelLoad(loop, sockets, channel: channel, senders: senders, window: 1)
        _ = try warm.measure(seconds: min(2, seconds), servers: servers)
        let load = ChannelLoad(loop, sockets, channel: channel, senders: senders, window: 1)
        let outcome = try load.measure(seconds: seconds, servers: servers)
        print(outcome.row(name))
        for (error, count) in outcome.errors { print_error("\(count) × \(error)\n") }
        if outcome.lost + outcome.doubled + outcome.disordered > 0 { exit(1) }
    }

    enum Place: String { case local, federated }

    /// Opens the sockets of the pairs; locally user 1 writes to user 2, across each writes to his namesake.
    static func connect(
        _ place: Place, _ description: Description, _ loop: Loop
    ) async throws -> (senders: [(socket: Socket, receiver: String)], receivers: [Socket]) {
        let first = description.homeservers[0]
        let second = place == .local ? first : description.homeservers[1]
        let here = description.numbered(on: first.name)
        let there = description.numbered(on: second.name)
        let wanted = place == .local ? 2 * pairs : pairs
        guard here.count >= wanted, there.count >= wanted else {
            throw Failure("the demo needs --accounts \(2 * pairs) or more")
        }
        let (a, b): ([Description.Account], [Description.Account])
        switch place {
        case .local:
            a = (0..<pairs).map { here[2 * $0] }
            b = (0..<pairs).map { here[2 * $0 + 1] }
        case .federated:
            a = Array(here.prefix(pairs))
            b = Array(there.prefix(pairs))
        }
        let (tokensA, tokensB) = (try await Loopback.logins(a, at: first), try await Loopback.logins(b, at: second))
        var senders: [(socket: Socket, receiver: String)] = []
        var receivers: [Socket] = []
        for index in 0..<pairs {
            let left = try Socket(port: first.port, authority: first.authority, token: tokensA[index])
            let right = try Socket(port: second.port, authority: second.authority, token: tokensB[index])
            // Across homeservers half of the pairs send the other way, so that both do both.
            let isReversed = place == .federated && !index.isMultiple(of: 2)
            senders.append(isReversed ? (right, a[index].user_id) : (left, b[index].user_id))
            receivers.append(isReversed ? left : right)
            try loop.add(left)
            try loop.add(right)
        }
        return (senders, receivers)
    }

    /// Ten sockets for each of a thousand accounts: what a signed-in session costs that does nothing.
    static func idle(_ description: Description) async throws {
        let server = description.homeservers[0]
        let accounts = Array(description.numbered(on: server.name).prefix(1000))
        guard accounts.count == 1000 else { throw Failure("the demo needs --accounts 1000 or more") }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let tokens = try await Loopback.logins(accounts, at: server)
        let before = ProcessCPU.residentBytes(of: server.pid)
        let loop = Loop()
        for _ in 0..<10 {
            for token in tokens {
                try loop.add(try Socket(port: server.port, authority: server.authority, token: token))
                try loop.turn(milliseconds: 0) { _, _ in }
            }
        }
        let settled = now() + 5_000_000_000
        while now() < settled { try loop.turn(milliseconds: 100) { _, _ in } }
        let after = ProcessCPU.residentBytes(of: server.pid)
        let count = loop.sockets.count
        print(
            "idle sessions: \(count), \((after - before) / count) bytes each (\(before >> 20) MiB before, \(after >> 20) MiB with them)"
        )
    }
}
