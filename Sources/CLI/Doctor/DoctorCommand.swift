import ArgumentParser
import Federation
import Wire

/// `homeserver doctor`: what is wrong with this homeserver, and what to do about it.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Looks at database, disk, keys, clock, certificates, listeners and links, and says what to do.",
        discussion: """
            It changes nothing, and works whether or not the homeserver runs. Exit codes: 0 all is well, 1 a warning, 2 \
            something does not work, 3 wrong usage or settings.
            """
    )

    @OptionGroup var options: ConfigurationOptions

    @Flag(help: "One JSON object a line, one for each finding.")
    var json = false

    func run() async throws {
        ProcessLimits.prepare()
        let settings = try options.settings()
        let rules = try settings.linkRules()
        let address = try settings.delegation()
        StructuredLog.bootstrapForCommand(settings.log)
        let trail = FindingTrail { [json] finding in show(finding, json: json) }
        trail.add(.ok("settings", "of \(settings.name), federation \(settings.federation.mode.rawValue)"))
        await Doctor(settings: settings, rules: rules, address: address, time: SystemTime()).run(trail)
        if trail.level != .ok { throw ExitCode(trail.level.exitCode) }
    }
}

/// Prints a finding at once, also where the output is a file or a pipe.
func show(_ finding: Finding, json: Bool) {
    if json { printJSON(finding) } else { for line in finding.lines { print(line) } }
    flushOutput()
}
