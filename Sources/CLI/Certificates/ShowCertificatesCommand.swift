import ArgumentParser
import Certificates
import Federation
import FoundationEssentials
import Wire

/// `homeserver certificates show`: what is in a certificate's file, and how long it lasts.
struct ShowCertificatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Shows the certificates of a PEM file, by default those that this homeserver shows to others.",
        discussion:
            "Exit codes: 0 all last, 1 one ends within \(Finding.certificateWarningDays) days, 2 one is not valid now."
    )

    @OptionGroup var configuration: ConfigurationOptions

    @Argument(help: ArgumentHelp("(default: the setting federation.tls.certificate)", valueName: "file"))
    var file: String?

    @Flag(help: "One JSON object a line.")
    var json = false

    func run() async throws {
        guard let path = try file ?? configuration.settings().federation.tls?.certificate else {
            throw ValidationError("federation.tls.certificate is not set: name a file")
        }
        guard let bytes = try? Data(contentsOf: URL(filePath: path)) else {
            throw CommandFailure("\(path) cannot be read")
        }
        guard let chain = Certificate.chain(pem: Array(bytes)) else {
            throw CommandFailure("\(path) has no certificates in PEM")
        }
        let now = SystemTime().now()
        let terms = chain.map { CertificateTerm(of: $0, now: now) }
        for term in terms {
            if json { printJSON(term) } else { print(term.text) }
        }
        let code = terms.map(\.exitCode).max() ?? 0
        if code != 0 { throw ExitCode(code) }
    }
}

/// How long one certificate lasts, as commands show it.
struct CertificateTerm: JSONWritable {
    let certificate: Certificate
    let daysLeft: Int64
    let exitCode: Int32

    init(of certificate: Certificate, now: Instant) {
        self.certificate = certificate
        daysLeft = certificate.daysLeft(at: now)
        exitCode =
            certificate.notAfter < now || certificate.notBefore > now
            ? 2 : daysLeft < Finding.certificateWarningDays ? 1 : 0
    }

    /// Who made the certificate has chosen its names.
    var text: String {
        let names = certificate.names.map(PlainText.word).joined(separator: ",")
        return "\(PlainText.line(certificate.subject))\(names.isEmpty ? "" : " names=\(names)") "
            + "issuer=\(PlainText.line(certificate.issuer)) not-before=\(certificate.notBefore.rfc3339) "
            + "not-after=\(certificate.notAfter.rfc3339) days-left=\(daysLeft)"
    }

    func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("subject", certificate.subject)
        writer.field("issuer", certificate.issuer)
        writer.key("names")
        writer.beginArray()
        for name in certificate.names { writer.value(name) }
        writer.endArray()
        writer.field("not_before", certificate.notBefore)
        writer.field("not_after", certificate.notAfter)
        writer.field("days_left", daysLeft)
        writer.endObject()
    }
}
