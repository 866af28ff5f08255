import Logging
import Postgres
import Synchronization
import Wire

/// What the running process does on a command of the CLI. It may be told the same command again, at the next start or after a failure.
package typealias ControlHandler = @Sendable (_ home: Home, _ payload: String) async throws(HomeError) -> Void

/// The commands of the CLI that the domain knows, by kind: one line a command. The composition root hands over those of other modules, which take the place of one here that has the same kind.
package enum ControlCommands {
    package static let all: [String: ControlHandler] = [
        RevokedLogins.kind: RevokedLogins.apply,
        PeerChange.kind: { (home, payload) async throws(HomeError) in
            _ = try PeerChange(payload: payload)
            home.sweepOutboxesSoon()
        },
    ]
}

/// Follows the table `control` for `Home.runControl`, in order of its keys; its state is the last key, used by one task alone.
struct ControlListener {
    private static let logger = Logger(label: "home.control")

    let home: Home
    let handlers: [String: ControlHandler]
    private var last: Int64 = 0

    init(home: Home, handlers: [String: ControlHandler]) {
        self.home = home
        self.handlers = handlers
    }

    /// Does every command that is there. When the database is away the next look does it.
    mutating func catchUp() async {
        let store = ControlStore(database: home.database)
        var isMore = true
        while isMore, !Task.isCancelled {
            guard let commands = try? await store.commands(after: last, limit: AccountLimits.controlBatch) else {
                return
            }
            for command in commands {
                await apply(command)
                last = command.key
            }
            isMore = commands.count == AccountLimits.controlBatch
        }
    }

    private func apply(_ command: ControlStore.Command) async {
        guard let handler = handlers[command.kind] else {
            Self.logger.warning("a control command is not known here", metadata: ["kind": "\(command.kind)"])
            return
        }
        do {
            try await handler(home, command.payload)
            Self.logger.info("a control command was obeyed", metadata: ["kind": "\(command.kind)"])
        } catch {
            Self.logger.error("a control command failed", metadata: ["kind": "\(command.kind)", "error": "\(error)"])
        }
    }
}

extension Home {
    /// Obeys the CLI until cancelled: at once when a notification comes, and by looking every `interval` in any case.
    ///
    /// At the start it obeys again what the last `AccountLimits.controlLife` left, so no command falls between start and first look.
    package func runControl(
        handlers: [String: ControlHandler] = ControlCommands.all,
        lookingEvery interval: Duration = AccountLimits.controlPolling
    ) async {
        // One look is enough for any number of hints, so only the newest hint is kept.
        let (hints, hint) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        hint.yield()
        await withTaskGroup(of: Void.self) { group in
            group.addTask { [database] in
                for await _ in database.notifications(ControlStore.channel) { hint.yield() }
            }
            group.addTask {
                while (try? await Task.sleep(for: interval)) != nil { hint.yield() }
                hint.finish()
            }
            var listener = ControlListener(home: self, handlers: handlers)
            for await _ in hints { await listener.catchUp() }
            group.cancelAll()
        }
    }
}
