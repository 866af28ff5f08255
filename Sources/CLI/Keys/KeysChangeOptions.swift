import ArgumentParser
import Federation
import Sodium
import Wire

/// What `keys stage`, `activate`, `revoke` and `renew` share: the keyset that they change, here or by file, and the root
/// that signs.
struct KeysChangeOptions: ParsableArguments {
    @OptionGroup var keys: KeysOptions
    @OptionGroup var root: RootOptions

    @Option(
        help: ArgumentHelp(
            "Change the keyset in this file, which keys export made on the homeserver's machine.", valueName: "file"))
    var from: String?

    @Option(
        help: ArgumentHelp(
            "With --from: write the signed keyset into this new file, for keys verify --install.", valueName: "file"))
    var to: String?

    func validate() throws {
        guard (from == nil) == (to == nil) else { throw ValidationError("--from and --to belong together") }
        if from != nil, keys.names { throw ValidationError("--from leaves nothing for the keys directory to say") }
        if from != nil, root.root == nil { throw ValidationError("with --from, --root must name the root's file") }
    }

    /// Carries out a change, says what it changed, and records it.
    func run(_ change: KeysetChange, as action: String) async throws {
        do {
            let difference: KeysetDifference
            if let from, let to {
                difference = try changeByFile(change, from: from, to: to)
            } else {
                difference = try changeHere(change)
            }
            keys.show(difference)
            if from == nil { await keys.record(action, difference) }
        } catch let problem as KeysProblem {
            throw CommandFailure(problem)
        }
    }

    private func changeHere(_ change: KeysetChange) throws -> KeysetDifference {
        let resolved = try keys.resolved()
        let command = try ChangeKeys(in: try resolved.open(), of: resolved.server)
        try command.check(change)
        let root = try root.open(for: command.current, in: try resolved.open())
        return KeysetDifference(from: command.current, to: try command.run(change, root: root))
    }

    private func changeByFile(_ change: KeysetChange, from: String, to: String) throws -> KeysetDifference {
        let command = ChangeKeysByFile(try KeysTransfer(reading: OutsideFile(from)))
        try command.check(change)
        let root = try root.open(for: command.transfer.keyset, in: nil)
        let signed = try command.run(change, root: root, to: OutsideFile(to))
        return KeysetDifference(from: command.transfer.keyset, to: signed)
    }
}
