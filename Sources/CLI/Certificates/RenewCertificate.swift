import Certificates
import Federation
import FoundationEssentials
import Wire

/// Makes what is missing of a local authority and of a certificate that it signs, or ends soon; `certificates renew` calls it.
///
/// Private keys lie in directories of mode 0700 and are files of mode 0600; each file is replaced whole, the key before
/// its certificate, and a homeserver that finds the two disagreeing goes on with the pair that it has.
struct RenewCertificate {
    /// Days before the end from which a certificate is made anew.
    static let renewedBefore: Int64 = 30
    private static let authorityFiles = (certificate: "ca.crt", key: "ca.key")

    enum Change: String {
        case kept, made, renewed
    }

    struct Result {
        let authorityPath: String
        let authority: Change
        let authorityExpires: Instant
        let certificatePath: String
        let certificate: Change
        let certificateExpires: Instant
    }

    enum Problem: Error, CustomStringConvertible {
        case file(KeyFileProblem)
        case openSSL(CertificateFailure)
        /// This file is not one of ours, so it is left alone.
        case foreign(path: String, what: String)

        var description: String {
            switch self {
            case .file(let problem): problem.description
            case .openSSL(let failure): failure.description
            case .foreign(let path, let what):
                "\(path) \(what); it is left alone: move it away first if it is to be replaced"
            }
        }
    }

    let authorityDirectory: String
    let certificate: String
    let key: String
    let name: ServerName
    let addresses: [IPAddress]

    func run(force: Bool, now: Instant) throws(Problem) -> Result {
        let (authority, authorityChange) = try currentAuthority(now)
        let old = readCertificate(certificate)
        if let old, !old.issuer.hasPrefix(LocalAuthority.namePrefix) {
            throw .foreign(path: certificate, what: "was signed by another authority (\(old.issuer))")
        }
        func result(_ change: Change, _ expires: Instant) -> Result {
            Result(
                authorityPath: authorityDirectory + "/" + Self.authorityFiles.certificate, authority: authorityChange,
                authorityExpires: authority.certificate.notAfter, certificatePath: certificate, certificate: change,
                certificateExpires: expires)
        }
        if !force, let old, isGood(old, by: authority, now) { return result(.kept, old.notAfter) }
        let made: (certificate: Certificate, key: PrivateKey)
        do throws(CertificateFailure) {
            made = try authority.issue(for: name, addresses: addresses.map(\.bytes), now: now)
        } catch {
            throw .openSSL(error)
        }
        try write(made.key.pem, to: key)
        try write(made.certificate.pem, to: certificate)
        return result(old == nil ? .made : .renewed, made.certificate.notAfter)
    }

    // MARK: The authority

    private func currentAuthority(_ now: Instant) throws(Problem) -> (LocalAuthority, Change) {
        let names = Self.authorityFiles
        let directory = try open(authorityDirectory)
        let old = readCertificate(authorityDirectory + "/" + names.certificate)
        if let old, let key = try readKey(names.key, in: directory) {
            guard let authority = LocalAuthority(certificate: old, key: key) else {
                throw .foreign(path: directory.path(of: names.key), what: "is not the key of \(names.certificate)")
            }
            if lasts(old, now) { return (authority, .kept) }
        }
        let made: LocalAuthority
        do throws(CertificateFailure) { made = try LocalAuthority.make(now: now) } catch { throw .openSSL(error) }
        try replace(names.key, made.key.pem, in: directory)
        try replace(names.certificate, made.certificate.pem, in: directory)
        return (made, old == nil ? .made : .renewed)
    }

    private func isGood(_ old: Certificate, by authority: LocalAuthority, _ now: Instant) -> Bool {
        guard lasts(old, now), old.isSigned(by: authority.certificate), old.names == [name.text],
            old.addresses == addresses.map(\.bytes), let bytes = readFile(key), let key = PrivateKey(pem: bytes)
        else { return false }
        return old.belongs(to: key)
    }

    private func lasts(_ certificate: Certificate, _ now: Instant) -> Bool {
        certificate.notAfter - now > .seconds(Self.renewedBefore * 86_400)
    }

    // MARK: Files

    private func open(_ path: String) throws(Problem) -> SecretDirectory {
        do throws(KeyFileProblem) { return try SecretDirectory(making: path) } catch { throw .file(error) }
    }

    private func replace(_ name: String, _ bytes: [UInt8], in directory: SecretDirectory) throws(Problem) {
        do throws(KeyFileProblem) { try directory.replace(name, bytes) } catch { throw .file(error) }
    }

    private func write(_ bytes: [UInt8], to path: String) throws(Problem) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty else { throw .foreign(path: path, what: "is no file") }
        let parent = parts.dropLast().joined(separator: "/")
        let directory = parts.count == 1 ? "." : parent.isEmpty ? "/" : parent
        try replace(String(name), bytes, in: try open(directory))
    }

    private func readKey(_ name: String, in directory: SecretDirectory) throws(Problem) -> PrivateKey? {
        guard directory.contains(name) else { return nil }
        do throws(KeyFileProblem) {
            return PrivateKey(pem: try directory.read(name, maximumBytes: 65_536))
        } catch {
            throw .file(error)
        }
    }

    private func readCertificate(_ path: String) -> Certificate? {
        readFile(path).flatMap { Certificate.chain(pem: $0)?.first }
    }

    private func readFile(_ path: String) -> [UInt8]? {
        (try? Data(contentsOf: URL(filePath: path))).map { Array($0) }
    }
}

extension RenewCertificate.Result {
    var lines: [String] {
        [
            "authority \(authorityPath) \(authority.rawValue), ends at \(authorityExpires.rfc3339)",
            "certificate \(certificatePath) \(certificate.rawValue), ends at \(certificateExpires.rfc3339)",
        ]
    }
}

extension RenewCertificate.Result: JSONWritable {
    func write(to writer: inout JSONWriter) {
        func part(_ name: StaticString, _ path: String, _ change: RenewCertificate.Change, _ expires: Instant) {
            writer.key(name)
            writer.beginObject()
            writer.field("file", path)
            writer.field("change", change.rawValue)
            writer.field("expires", expires)
            writer.endObject()
        }
        writer.beginObject()
        part("authority", authorityPath, authority, authorityExpires)
        part("certificate", certificatePath, certificate, certificateExpires)
        writer.endObject()
    }
}
