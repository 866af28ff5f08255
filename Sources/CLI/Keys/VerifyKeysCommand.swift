import ArgumentParser
import Federation

/// `homeserver keys verify FILE [--install]`.
struct VerifyKeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Checks a keyset that was signed elsewhere against the present one, and installs it.",
        discussion: """
            It must follow the present keyset as a peer would want it, and the keys that are to sign must be here. A \
            keyset that is installed already changes nothing.
            """
    )

    @OptionGroup var options: KeysOptions

    @Flag(help: "Put it in the place of the present keyset, if it is good.")
    var install = false

    @Argument(help: ArgumentHelp("What keys stage, activate, revoke, renew or root-rotate wrote with --to."))
    var file: String

    func run() async throws {
        do {
            let resolved = try options.resolved()
            let new = try KeysTransfer(reading: OutsideFile(file)).keyset
            let command = try ChangeKeys(in: try resolved.open(), of: resolved.server)
            let difference =
                install ? try command.install(new, path: file) : try command.check(new, path: file)
            options.show(difference)
            if difference.isEmpty {
                note("\(file) is the present keyset")
            } else if install {
                await options.record("keys install", difference)
            } else {
                note("\(file) is good; --install puts it in the place of the present keyset")
            }
        } catch let problem as KeysProblem {
            throw CommandFailure(problem)
        }
    }
}
