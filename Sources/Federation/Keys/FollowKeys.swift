import Logging
import NIOPosix
import ServiceLifecycle
import Sodium
import Wire

/// Notices by itself that an operator has changed the keys, and lets this process follow: no restart, no database. The
/// service group runs it beside the links.
///
/// A look is one `lstat` twice a second. What is broken, older or another identity's is refused with an error in the log,
/// looked at again every ten seconds, and the keys in use stay.
struct FollowKeys: Service {
    private static let interval = Duration.milliseconds(500)
    private static let secondLook = Duration.seconds(10)

    let server: ServerName
    let keysPath: String
    let secretsPath: String
    let own: OwnKeys
    let push: KeysPush
    let time: any TimeSource
    private let logger = Logger(label: "federation.keys")

    init(
        server: ServerName, directory: (keysPath: String, secretsPath: String), own: OwnKeys, push: KeysPush,
        time: any TimeSource
    ) {
        self.server = server
        keysPath = directory.keysPath
        secretsPath = directory.secretsPath
        self.own = own
        self.push = push
        self.time = time
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var seen = Seen()
            // What was revoked while this process did not run is known to nobody yet.
            var pushing = startPush()
            while (try? await Task.sleep(for: FollowKeys.interval)) != nil {
                guard let keys = await look(&seen) else { continue }
                own.show(keys, now: time.now())
                logger.notice(
                    "the signing keys have changed",
                    metadata: ["keyset-version": "\(keys.keyset.keyset.version)", "key": "\(keys.keyID)"])
                pushing.cancel()
                pushing = startPush()
            }
            pushing.cancel()
            await pushing.value
        }
    }

    private func startPush() -> Task<Void, Never> {
        Task { [own, push, time] in
            await push.run(document: { own.document(at: time.now()) }, onTold: { own.sign() })
        }
    }

    private struct Seen {
        var stamp: FileStatus.Stamp?
        var problem: KeysProblem?
        var lookedAt = Duration.zero
    }

    /// The new keys, when there are some to follow.
    private func look(_ seen: inout Seen) async -> LocalKeys? {
        let stamp = FileStatus(at: keysPath + "/" + KeyDirectory.keysetName)?.stamp
        let isDue = seen.problem != nil && time.monotonic() - seen.lookedAt >= FollowKeys.secondLook
        guard stamp != seen.stamp || isDue else { return nil }
        seen.stamp = stamp
        seen.lookedAt = time.monotonic()
        do {
            let keys = try await load()
            seen.problem = nil
            return keys
        } catch {
            let problem = error as? KeysProblem
            // A directory that lacks its keyset, or has another's, is said once and not every ten seconds.
            if problem == nil || problem != seen.problem {
                logger.error(
                    "the signing keys on disk are not used; those before them stay", metadata: ["reason": "\(error)"])
            }
            seen.problem = problem
            return nil
        }
    }

    /// Nil when it is the keyset that is shown already. Opening a key costs 64 MiB and 0.2 s, so it has a thread of its own.
    private func load() async throws -> LocalKeys? {
        let current = own.shown.keyset
        let now = time.now()
        return try await NIOThreadPool.singleton.runIfActive { [server, keysPath, secretsPath] in
            let directory = try KeyDirectory(keysPath: keysPath, secretsPath: secretsPath)
            let keyset = try directory.loadKeyset(of: server)
            guard keyset.sha256 != current.sha256 else { return nil }
            let verdict = KeysetPolicy.judge(new: keyset, of: server, pinned: PinnedKeys(of: current), now: now)
            guard verdict == .accept else {
                throw KeysProblem.refused(path: directory.keys.path(of: KeyDirectory.keysetName), verdict)
            }
            return try LoadKeys(server: server).run(from: directory)
        }
    }
}
