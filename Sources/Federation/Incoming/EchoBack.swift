import Synchronization
import Wire

/// Makes our own signed echo to a peer that asks for it in an echo of its own; `PeerActions` calls it.
///
/// State, behind a `Mutex`: who is being answered, and when who was. One at a time for each peer and one in five seconds,
/// `most` at a time in all; whoever comes beyond that is told `rate_limited`, so nobody makes us busy by asking.
final class EchoBack: Sendable {
    private static let most = 16
    private static let pause = Duration.seconds(5)
    /// From the first look-up to the end of the answer.
    static let patience = Duration.seconds(10)

    private struct State {
        var running: Set<ServerName> = []
        /// When the last one of each began; those whose pause is over go when another one begins.
        var startedAt: [ServerName: Duration] = [:]
    }

    private let client: @Sendable (ServerName) -> PeerClient
    private let time: any TimeSource
    private let state = Mutex(State())

    /// - Parameter client: Makes one with a connection of its own, so that the whole way is gone anew.
    init(time: any TimeSource, client: @escaping @Sendable (ServerName) -> PeerClient) {
        self.time = time
        self.client = client
    }

    func run(to peer: ServerName) async -> BackEcho {
        guard begin(peer) else { return .failed(code: "rate_limited") }
        defer { state.withLock { _ = $0.running.remove(peer) } }
        let client = client(peer)
        let result = await echo(by: client)
        await client.close()
        return result
    }

    private func begin(_ peer: ServerName) -> Bool {
        let now = time.monotonic()
        return state.withLock { state in
            state.startedAt = state.startedAt.filter { now - $0.value < EchoBack.pause }
            guard !state.running.contains(peer), state.running.count < EchoBack.most, state.startedAt[peer] == nil
            else {
                return false
            }
            state.running.insert(peer)
            state.startedAt[peer] = now
            return true
        }
    }

    private func echo(by client: PeerClient) async -> BackEcho {
        let echo = Echo(text: "and back")
        do throws(PeerFailure) {
            let answer = try await client.send(
                "POST", FederationRoute.echoPath, body: JSONWriter.bytes(of: echo), within: EchoBack.patience)
            return Echo.text(of: answer.body) == echo.text ? .ok : .failed(code: "no_home")
        } catch {
            return BackEcho(error)
        }
    }
}
