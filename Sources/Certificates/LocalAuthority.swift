import COpenSSL
package import Wire

/// A certificate authority for the homeservers of one operator on one machine or network; `homeserver certificates` makes
/// it and has it sign. What faces the internet has its certificate from a public authority.
package struct LocalAuthority: Sendable {
    /// How an authority of ours begins its name: by it a certificate is known that may be made anew.
    package static let namePrefix = "CN=Home local authority "
    package static let authorityLife = Duration.seconds(3650 * 86_400)
    package static let certificateLife = Duration.seconds(365 * 86_400)
    /// Certificates are valid from a little earlier, for peers whose clock is behind.
    private static let headStart = Duration.seconds(300)

    package let certificate: Certificate
    package let key: PrivateKey

    /// One that is there already; nil when the key is not the certificate's.
    package init?(certificate: Certificate, key: PrivateKey) {
        guard certificate.belongs(to: key) else { return nil }
        self.certificate = certificate
        self.key = key
    }

    private init(made certificate: Certificate, key: PrivateKey) {
        self.certificate = certificate
        self.key = key
    }

    /// A new one, which may sign certificates of servers and no other authorities.
    package static func make(now: Instant) throws(CertificateFailure) -> LocalAuthority {
        let key = try newKey()
        let name = "Home local authority \(Hex.encode(randomBytes(4)))"
        let made = try draft(name: name, key: key, from: now - headStart, until: now + authorityLife)
        _ = made.use { X509_set_issuer_name($0, X509_get_subject_name($0)) }
        try add(
            [
                (NID_basic_constraints, "critical,CA:TRUE,pathlen:0"), (NID_key_usage, "critical,keyCertSign,cRLSign"),
                (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid"),
            ], to: made, issuer: made)
        return LocalAuthority(made: try sign(made, with: key), key: try PrivateKey(key))
    }

    /// A certificate for a TLS server with these names, and a new key of its own.
    ///
    /// - Parameter addresses: IP addresses of 4 or 16 bytes that it is good for besides.
    package func issue(
        for name: ServerName, addresses: [[UInt8]] = [], now: Instant
    ) throws(CertificateFailure) -> (certificate: Certificate, key: PrivateKey) {
        guard let issuer = X509(der: certificate.der), let signer = key.opened() else {
            throw CertificateFailure("open the authority")
        }
        let key = try LocalAuthority.newKey()
        let made = try LocalAuthority.draft(
            name: String(name.text.prefix(64)), key: key, from: now - LocalAuthority.headStart,
            until: min(now + LocalAuthority.certificateLife, certificate.notAfter))
        _ = made.use { made in issuer.use { X509_set_issuer_name(made, X509_get_subject_name($0)) } }
        let names = ["DNS:\(name)"] + addresses.map { "IP:" + LocalAuthority.text(of: $0) }
        try LocalAuthority.add(
            [
                (NID_basic_constraints, "critical,CA:FALSE"), (NID_key_usage, "critical,digitalSignature"),
                (NID_ext_key_usage, "serverAuth"), (NID_subject_alt_name, names.joined(separator: ",")),
                (NID_subject_key_identifier, "hash"), (NID_authority_key_identifier, "keyid"),
            ], to: made, issuer: issuer)
        return (try LocalAuthority.sign(made, with: signer), try PrivateKey(key))
    }

    // MARK: Parts

    private static func newKey() throws(CertificateFailure) -> EVPKey {
        guard let key = copenssl_new_p256_key() else { throw CertificateFailure("make a P-256 key") }
        return EVPKey(owning: key)
    }

    private static func draft(
        name: String, key: EVPKey, from: Instant, until: Instant
    ) throws(CertificateFailure) -> X509 {
        guard let pointer = X509_new() else { throw CertificateFailure("make a certificate") }
        let draft = X509(owning: pointer)
        // RFC 5280 §4.1.2.2: positive, at most 20 bytes; 127 of these 128 bits are random.
        var serial = randomBytes(16)
        serial[0] &= 0x7f
        let number = BN_bin2bn(serial, Int32(serial.count), nil)
        defer { BN_free(number) }
        let isFilled = draft.use { draft in
            X509_set_version(draft, 2) == 1 && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(draft)) != nil
                && X509_NAME_add_entry_by_NID(
                    X509_get_subject_name(draft), NID_commonName, MBSTRING_UTF8, Array(name.utf8),
                    Int32(name.utf8.count), -1, 0) == 1
                && copenssl_set_times(draft, from.seconds, until.seconds) == 1
                && key.use { X509_set_pubkey(draft, $0) == 1 }
        }
        guard isFilled else { throw CertificateFailure("fill in a certificate") }
        return draft
    }

    private static func add(
        _ extensions: [(kind: Int32, value: String)], to certificate: X509, issuer: X509
    ) throws(CertificateFailure) {
        for (kind, value) in extensions {
            let added = certificate.use { certificate in
                issuer.use { copenssl_add_extension(certificate, $0, kind, value) }
            }
            guard added == 1 else { throw CertificateFailure("add an extension to a certificate") }
        }
    }

    private static func sign(_ draft: X509, with key: EVPKey) throws(CertificateFailure) -> Certificate {
        let size = draft.use { draft in key.use { X509_sign(draft, $0, EVP_sha256()) } }
        guard size > 0, let certificate = Certificate(draft) else {
            throw CertificateFailure("sign a certificate")
        }
        return certificate
    }

    private static func randomBytes(_ count: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        guard RAND_bytes(&bytes, Int32(count)) == 1 else {
            preconditionFailure("the system's randomness is there on every system that we run on")
        }
        return bytes
    }

    /// As OpenSSL's configuration reads it: dotted IPv4, or eight groups of IPv6.
    private static func text(of address: [UInt8]) -> String {
        if address.count == 4 { return address.map { "\($0)" }.joined(separator: ".") }
        return stride(from: 0, to: address.count - 1, by: 2)
            .map { String(Int(address[$0]) << 8 | Int(address[$0 + 1]), radix: 16) }.joined(separator: ":")
    }
}

extension Certificate {
    /// As a PEM block.
    package var pem: [UInt8] {
        let text = Base64.encode(der)
        var lines = ["-----BEGIN CERTIFICATE-----"]
        var rest = Substring(text)
        while !rest.isEmpty {
            lines.append(String(rest.prefix(64)))
            rest = rest.dropFirst(64)
        }
        return Array((lines + ["-----END CERTIFICATE-----", ""]).joined(separator: "\n").utf8)
    }
}
