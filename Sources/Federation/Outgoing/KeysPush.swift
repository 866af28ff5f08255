import Home
import Logging
import Wire

/// Tells every known peer at once that our keyset has changed, whatever the back-off of its lane is; `FollowKeys` runs it.
///
/// At most `atATime` peers are told at the same time. Those that cannot be reached are tried again for about a minute:
/// after that they learn it at the first contact, when they fetch the keys anew.
struct KeysPush: Sendable {
    private static let atATime = 64
    /// The old key goes on signing for this long at most, whoever has not been told by then.
    private static let patience = Duration.seconds(10)
    private static let pauses: [Duration] = [.seconds(2), .seconds(4), .seconds(8), .seconds(16), .seconds(32)]

    private let home: Home
    private let peers: KnownPeers
    private let discovery: Discovery
    private let dialer: Dialer
    private let time: any TimeSource
    private let logger = Logger(label: "federation.keys")

    init(home: Home, peers: KnownPeers, discovery: Discovery, dialer: Dialer, time: any TimeSource) {
        self.home = home
        self.peers = peers
        self.discovery = discovery
        self.dialer = dialer
        self.time = time
    }

    /// - Parameters:
    ///   - document: Ours, as of now.
    ///   - onTold: Called once everybody has been told or tried, and after `patience` at the latest.
    func run(document: @escaping @Sendable () -> [UInt8], onTold: @escaping @Sendable () -> Void) async {
        let impatient = Task {
            guard (try? await Task.sleep(for: KeysPush.patience)) != nil else { return }
            onTold()
        }
        defer { impatient.cancel() }
        var names = await knownPeers()
        var missed = await tell(names, document)
        impatient.cancel()
        if !Task.isCancelled { onTold() }
        for pause in KeysPush.pauses where !missed.isEmpty {
            guard (try? await Task.sleep(for: pause)) != nil else { return }
            names = missed
            missed = await tell(names, document)
        }
        if !missed.isEmpty, !Task.isCancelled {
            logger.info(
                "some peers do not know the new keys yet; they will fetch them", metadata: ["peers": "\(missed.count)"])
        }
    }

    /// Those that answered last time come first.
    private func knownPeers() async -> [ServerName] {
        for pause in KeysPush.pauses {
            do throws(HomeError) {
                return try await home.outboundLinks().sorted { $0.attempts < $1.attempts }.map(\.server)
            } catch {
                logger.warning("the peers to be told of the new keys cannot be read", metadata: ["error": "\(error)"])
                guard (try? await Task.sleep(for: pause)) != nil else { return [] }
            }
        }
        return []
    }

    /// Returns whom it did not reach.
    private func tell(_ names: [ServerName], _ document: @escaping @Sendable () -> [UInt8]) async -> [ServerName] {
        await withTaskGroup(of: ServerName?.self) { group in
            var missed: [ServerName] = []
            for (index, name) in names.enumerated() {
                if index >= KeysPush.atATime, let done = await group.next(), let name = done { missed.append(name) }
                group.addTask { await self.tell(name, document()) ? nil : name }
            }
            for await case let name? in group { missed.append(name) }
            return missed
        }
    }

    /// Whether there is nothing more to do for this peer.
    private func tell(_ name: ServerName, _ document: [UInt8]) async -> Bool {
        do throws(FederationError) {
            _ = try await peers.admit(name)
        } catch .blocked {
            return true
        } catch .notAllowed {
            return true
        } catch {
            // What the database cannot say now is no reason to keep public keys back.
        }
        let connection = PeerConnection(to: name, discovery: discovery, dialer: dialer, time: time)
        let isTold: Bool
        do throws(PeerFailure) {
            let answer = try await connection.send(
                "POST", FederationRoute.keysPath, headers: [("content-type", SignatureProfile.contentType)],
                body: document)
            isTold = answer.status < 500 && answer.status != 429
            if answer.status != 204 {
                logger.info(
                    "a peer did not take the new keys", metadata: ["peer": "\(name)", "status": "\(answer.status)"])
            }
        } catch {
            isTold = false
            logger.debug(
                "a peer could not be told of the new keys", metadata: ["peer": "\(name)", "reason": "\(error.reason)"])
        }
        await connection.close()
        return isTold
    }
}
