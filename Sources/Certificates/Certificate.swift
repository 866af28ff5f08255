import COpenSSL
package import Wire

/// An X.509 certificate as a value: what `peer test`, `doctor` and the local authority read of it.
package struct Certificate: Hashable, Sendable {
    /// A file with more is no chain.
    package static let longestFile = 1 << 20
    /// Certificates of one chain or file that are looked at.
    package static let longestChain = 400

    package let der: [UInt8]
    /// As RFC 2253 writes it.
    package let subject: String
    package let issuer: String
    /// DNS names, wildcards included.
    package let names: [String]
    /// IP addresses of 4 or 16 bytes.
    package let addresses: [[UInt8]]
    package let notBefore: Instant
    package let notAfter: Instant

    package init?(der: [UInt8]) {
        guard let certificate = X509(der: der) else { return nil }
        self.init(certificate)
    }

    init?(_ certificate: X509) {
        let times: (from: Int64, until: Int64)? = certificate.use { pointer in
            var from: Int64 = 0
            var until: Int64 = 0
            guard copenssl_seconds(X509_get0_notBefore(pointer), &from) == 1,
                copenssl_seconds(X509_get0_notAfter(pointer), &until) == 1
            else { return nil }
            return (from, until)
        }
        guard let times else { return nil }
        notBefore = Instant(seconds: times.from)
        notAfter = Instant(seconds: times.until)
        subject = certificate.use { Certificate.text(of: X509_get_subject_name($0)) }
        issuer = certificate.use { Certificate.text(of: X509_get_issuer_name($0)) }
        (names, addresses) = certificate.alternativeNames
        der = certificate.der
    }

    /// The certificates of a PEM file in their order, other blocks left out; nil when there is none or one is broken.
    package static func chain(pem: [UInt8]) -> [Certificate]? {
        guard pem.count <= longestFile else { return nil }
        let buffer = MemoryBuffer(pem)
        var chain: [Certificate] = []
        while let certificate = X509(reading: buffer) {
            guard chain.count < longestChain, let value = Certificate(certificate) else { return nil }
            chain.append(value)
        }
        let isEnd = copenssl_reason(ERR_peek_last_error()) == PEM_R_NO_START_LINE
        ERR_clear_error()
        return isEnd && !chain.isEmpty ? chain : nil
    }

    /// Whether it may be shown under this name; the common name does not count (RFC 6125 §6.4.4).
    package func isGood(for host: ServerName) -> Bool {
        guard let certificate = X509(der: der) else { return false }
        return certificate.use {
            X509_check_host($0, host.text, 0, UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT), nil) == 1
        }
    }

    /// Whole days, rounded down; negative when it is over.
    package func daysLeft(at now: Instant) -> Int64 {
        let microseconds = (notAfter - now).wholeMicroseconds
        return microseconds / 86_400_000_000 - (microseconds % 86_400_000_000 < 0 ? 1 : 0)
    }

    /// Whether this private key belongs to it.
    package func belongs(to key: PrivateKey) -> Bool {
        guard let certificate = X509(der: der), let key = key.opened() else { return false }
        defer { ERR_clear_error() }
        return certificate.use { certificate in key.use { X509_check_private_key(certificate, $0) == 1 } }
    }

    /// Whether `authority` has signed it.
    package func isSigned(by authority: Certificate) -> Bool {
        guard let certificate = X509(der: der), let issuer = X509(der: authority.der) else { return false }
        defer { ERR_clear_error() }
        return certificate.use { certificate in
            issuer.use { issuer in
                X509_check_issued(issuer, certificate) == X509_V_OK
                    && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1
            }
        }
    }

    private static func text(of name: OpaquePointer?) -> String {
        let buffer = MemoryBuffer()
        _ = buffer.use { copenssl_print_name($0, name) }
        return String(String(decoding: buffer.bytes, as: UTF8.self).prefix(256))
    }
}
