import ArgumentParser
import Certificates
import Federation
import Wire

/// `homeserver certificates renew`: the one step by which ops and operators come to certificates of their own.
struct RenewCertificatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "renew",
        abstract:
            "Makes a local authority and the certificate for homeservers that it signs; what is still good stays.",
        discussion: """
            Good is what holds for another \(RenewCertificate.renewedBefore) days, under these names. What this command has not \
            made is never touched: a certificate that another authority has signed, an authority of another kind, a key \
            with a passphrase. One half alone of ca.crt and ca.key, or a key without its certificate, is not made up \
            for: the message says what to do. Peers are given the authority's ca.crt (peers, ca_file), and \
            again when the authority is made anew, which ends with code 1.
            """
    )

    @OptionGroup var configuration: ConfigurationOptions

    @Option(help: ArgumentHelp("Where the authority's ca.crt and ca.key lie, or are made.", valueName: "dir"))
    var authorityDir: String

    @Option(help: ArgumentHelp("(default: the setting federation.tls.certificate)", valueName: "file"))
    var certificate: String?

    @Option(help: ArgumentHelp("(default: the setting federation.tls.key)", valueName: "file"))
    var key: String?

    @Option(help: ArgumentHelp("The host that peers dial (default: that of federation.address).", valueName: "name"))
    var serverName: String?

    @Option(help: ArgumentHelp("An IP address that it is good for besides; may be repeated.", valueName: "ip"))
    var address: [String] = []

    @Flag(help: "Make the certificate anew although it is still good.")
    var force = false

    @Flag(help: "Print JSON for programs.")
    var json = false

    func run() async throws {
        let wanted = try resolved()
        let result: RenewCertificate.Result
        do throws(RenewCertificate.Problem) {
            result = try RenewCertificate(
                authorityDirectory: authorityDir, certificate: wanted.certificate, key: wanted.key,
                name: wanted.name, addresses: wanted.addresses
            ).run(force: force, now: SystemTime().now())
        } catch {
            throw CommandFailure(error.description)
        }
        if json { printJSON(result) } else { for line in result.lines { print(line) } }
        if result.authority == .renewed {
            note("warning: the authority was made anew: give its ca.crt to every peer that has the old one")
            throw ExitCode(1)
        }
    }

    /// Reads the settings only for what the options leave open.
    private func resolved() throws -> (name: ServerName, certificate: String, key: String, addresses: [IPAddress]) {
        let addresses = try address.map { text in
            guard let address = IPAddress(text) else { throw ValidationError("--address must be IP addresses") }
            return address
        }
        let named = try serverName.map { text in
            guard let name = ServerName(text) else {
                throw ValidationError("--server-name must be a lower-case DNS name without a port")
            }
            return name
        }
        if let named, let certificate, let key { return (named, certificate, key, addresses) }
        let settings = try configuration.settings()
        guard let host = named ?? HostAndPort(settings.federation.address)?.host else {
            throw ValidationError("federation.address is no host: give --server-name")
        }
        guard let certificate = certificate ?? settings.federation.tls?.certificate,
            let key = key ?? settings.federation.tls?.key
        else { throw ValidationError("federation.tls.certificate is not set: give --certificate and --key") }
        return (host, certificate, key, addresses)
    }
}
