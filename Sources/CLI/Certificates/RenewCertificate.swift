import Certificates
import Federation
import FoundationEssentials
import Sodium
import Wire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Makes what is missing of a local authority and of a certificate that it signs, or ends soon; `certificates renew` calls it.
///
/// Private keys lie in directories of mode 0700 and are files of mode 0600; each file is replaced whole, the key before
/// its certificate, and a homeserver that finds the two disagreeing goes on with the pair that it has.
struct RenewCertificate {
    /// What a new certificate's file is called until its key is in place: a command that is ended in between leaves both, and
    /// the next one knows the key by it.
    private static let unfinished = ".unfinished"
    /// Days before the end from which a certificate is made anew.
    static let renewedBefore: Int64 = 30
    private static let noKey = "has no private key in PEM without a passphrase"
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
        case foreign(path: String, what: String, advice: String = "move it away first if it is to be replaced")

        var description: String {
            switch self {
            case .file(let problem): problem.description
            case .openSSL(let failure): failure.description
            case .foreign(let path, let what, let advice): "\(path) \(what); it is left alone: \(advice)"
            }
        }
    }

    let authorityDirectory: String
    let certificate: String
    let key: String
    let name: ServerName
    let addresses: [IPAddress]

    func run(force: Bool, now: Instant) throws(Problem) -> Result {
        // What is not ours is found before anything is made.
        let directory = try open(authorityDirectory)
        let names = Self.authorityFiles
        try finish(directory.path(of: names.certificate), key: directory.path(of: names.key))
        try finish(certificate, key: key)
        let there = try authorityThere(in: directory)
        let old = try certificateThere(by: there)
        let (authority, authorityChange) = try current(there, in: directory, now)
        func result(_ change: Change, _ expires: Instant) -> Result {
            Result(
                authorityPath: directory.path(of: Self.authorityFiles.certificate), authority: authorityChange,
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
        try publish(made.certificate, certificate, made.key, key)
        return result(old == nil ? .made : .renewed, made.certificate.notAfter)
    }

    // MARK: What is there

    /// The authority whose two files are there; nil when both are missing. One of them alone is not made up for: whoever has
    /// moved the key away, or is about to bring its certificate, has an authority.
    private func authorityThere(in directory: SecretDirectory) throws(Problem) -> LocalAuthority? {
        let names = Self.authorityFiles
        let certificatePath = directory.path(of: names.certificate)
        let old = try readCertificate(certificatePath)
        let key = try readKey(names.key, in: directory)
        switch (old, key) {
        case (nil, nil): return nil
        case (_?, nil):
            throw .foreign(
                path: certificatePath, what: "is here without its \(names.key)",
                advice: "bring \(names.key) back for as long as it has to sign, or move both away for a new authority")
        case (nil, _?):
            throw .foreign(
                path: directory.path(of: names.key), what: "is here without its \(names.certificate)",
                advice: "bring \(names.certificate) back, or move both away for a new authority")
        case (let old?, let key?):
            guard let authority = LocalAuthority(certificate: old, key: key) else {
                throw .foreign(path: directory.path(of: names.key), what: "is not the key of \(names.certificate)")
            }
            return authority
        }
    }

    /// The certificate that is there, which we have signed; nil when neither it nor a key is there. Its key may be missing or
    /// that of another: both are made anew.
    private func certificateThere(by authority: LocalAuthority?) throws(Problem) -> Certificate? {
        let old = try readCertificate(certificate)
        if let old, !old.issuer.hasPrefix(LocalAuthority.namePrefix),
            authority.map({ old.isSigned(by: $0.certificate) }) != true
        {
            throw .foreign(path: certificate, what: "was signed by another authority (\(old.issuer))")
        }
        guard let bytes = try readFile(key) else { return old }
        guard old != nil else { throw .foreign(path: key, what: "is here without its certificate (\(certificate))") }
        guard PrivateKey(pem: bytes) != nil else { throw .foreign(path: key, what: Self.noKey) }
        return old
    }

    // MARK: The authority

    private func current(
        _ there: LocalAuthority?, in directory: SecretDirectory, _ now: Instant
    ) throws(Problem) -> (LocalAuthority, Change) {
        let names = Self.authorityFiles
        if let there {
            if lasts(there.certificate, now) { return (there, .kept) }
            guard there.certificate.subject.hasPrefix(LocalAuthority.namePrefix) else {
                throw .foreign(
                    path: directory.path(of: names.certificate),
                    what: "ends at \(there.certificate.notAfter.rfc3339) and was not made by this command "
                        + "(\(there.certificate.subject))",
                    advice:
                        "renew it as it was made, or move \(names.certificate) and \(names.key) away for a new authority"
                )
            }
        }
        let made: LocalAuthority
        do throws(CertificateFailure) { made = try LocalAuthority.make(now: now) } catch { throw .openSSL(error) }
        try publish(
            made.certificate, directory.path(of: names.certificate), made.key, directory.path(of: names.key))
        return (made, there == nil ? .made : .renewed)
    }

    private func isGood(_ old: Certificate, by authority: LocalAuthority, _ now: Instant) -> Bool {
        guard lasts(old, now), old.isSigned(by: authority.certificate), old.names == [name.text],
            old.addresses == addresses.map(\.bytes), let bytes = try? readFile(key), let key = PrivateKey(pem: bytes)
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

    /// Puts a pair in place, so that whatever ends it in between leaves enough for `finish`.
    private func publish(
        _ certificate: Certificate, _ path: String, _ key: PrivateKey, _ keyPath: String
    ) throws(Problem) {
        try write(certificate.pem, to: path + Self.unfinished)
        try write(key.pem, to: keyPath)
        try write(certificate.pem, to: path)
        try remove(path + Self.unfinished)
    }

    /// Brings what was ended in `publish` to its end, if the key was in place by then.
    private func finish(_ path: String, key keyPath: String) throws(Problem) {
        guard let waiting = try? readCertificate(path + Self.unfinished), let bytes = try? readFile(keyPath),
            let key = PrivateKey(pem: bytes), waiting.belongs(to: key)
        else { return }
        // Whoever has put another certificate of this key there meanwhile has done it himself.
        if try readCertificate(path)?.belongs(to: key) != true { try write(waiting.pem, to: path) }
        try remove(path + Self.unfinished)
    }

    private func write(_ bytes: [UInt8], to path: String) throws(Problem) {
        let (directory, name) = try place(of: path)
        do throws(KeyFileProblem) { try directory.replace(name, bytes) } catch { throw .file(error) }
    }

    private func remove(_ path: String) throws(Problem) {
        let (directory, name) = try place(of: path)
        directory.remove(name)
    }

    private func place(of path: String) throws(Problem) -> (SecretDirectory, name: String) {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        guard let name = parts.last, !name.isEmpty else { throw .foreign(path: path, what: "is no file") }
        let parent = parts.dropLast().joined(separator: "/")
        let directory = parts.count == 1 ? "." : parent.isEmpty ? "/" : parent
        return (try open(directory), String(name))
    }

    /// Nil when it is missing.
    private func readKey(_ name: String, in directory: SecretDirectory) throws(Problem) -> PrivateKey? {
        guard directory.contains(name) else { return nil }
        let bytes: [UInt8]
        do throws(KeyFileProblem) { bytes = try directory.read(name, maximumBytes: 65_536) } catch {
            throw .file(error)
        }
        guard let key = PrivateKey(pem: bytes) else { throw .foreign(path: directory.path(of: name), what: Self.noKey) }
        return key
    }

    /// Nil when it is missing.
    private func readCertificate(_ path: String) throws(Problem) -> Certificate? {
        guard let bytes = try readFile(path) else { return nil }
        guard let certificate = Certificate.chain(pem: bytes)?.first else {
            throw .foreign(path: path, what: "has no certificate in PEM")
        }
        return certificate
    }

    /// Nil when it is missing; a link that leads nowhere is not.
    private func readFile(_ path: String) throws(Problem) -> [UInt8]? {
        if let data = try? Data(contentsOf: URL(filePath: path)) { return Array(data) }
        guard FileStatus(at: path) == nil, [ENOENT, ENOTDIR].contains(errno) else {
            throw .foreign(path: path, what: "cannot be read")
        }
        return nil
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
