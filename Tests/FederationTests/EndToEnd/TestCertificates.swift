import Certificates
import FoundationEssentials
import NIOSSL
import Wire

/// A certificate authority that exists for one test, and what it signs.
struct TestCertificates: Sendable {
    /// The file with its certificate.
    let authority: String
    private let signer: LocalAuthority

    init(in directory: TemporaryDirectory) throws {
        signer = try LocalAuthority.make(now: SystemTime().now())
        authority = directory.path("ca.crt")
        try Data(signer.certificate.pem).write(to: URL(filePath: authority))
    }

    /// A listener's, with a fresh certificate for this name.
    func tls(of name: ServerName) throws -> TLSConfiguration {
        let issued = try signer.issue(for: name, now: SystemTime().now())
        return TLSConfiguration.makeServerConfiguration(
            certificateChain: [.certificate(try NIOSSLCertificate(bytes: issued.certificate.der, format: .der))],
            privateKey: .privateKey(try NIOSSLPrivateKey(bytes: issued.key.pem, format: .pem)))
    }
}
