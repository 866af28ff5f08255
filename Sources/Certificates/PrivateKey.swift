import COpenSSL

/// The private key of a certificate in PEM; for the local authority, and to see whether a certificate and its key agree.
package struct PrivateKey: Sendable {
    /// Secret: for a file of mode 0600 and nothing else.
    package let pem: [UInt8]

    /// Nil for what is no private key, or one that asks for a passphrase.
    package init?(pem: [UInt8]) {
        self.pem = pem
        guard opened() != nil else { return nil }
    }

    init(_ key: EVPKey) throws(CertificateFailure) {
        let buffer = MemoryBuffer()
        let written = key.use { key in
            buffer.use { PEM_write_bio_PrivateKey($0, key, nil, nil, 0, nil, nil) }
        }
        guard written == 1 else { throw CertificateFailure("write a private key") }
        pem = buffer.bytes
    }

    func opened() -> EVPKey? {
        defer { ERR_clear_error() }
        return MemoryBuffer(pem).use { copenssl_read_key($0) }.map { EVPKey(owning: $0) }
    }
}

/// Something that OpenSSL could not do, in its own words.
package struct CertificateFailure: Error, Sendable, CustomStringConvertible {
    package let description: String

    /// - Parameter what: reads on from "could not".
    init(_ what: String) {
        var text = [CChar](repeating: 0, count: 256)
        ERR_error_string_n(ERR_peek_last_error(), &text, text.count)
        ERR_clear_error()
        let reason = text.withUnsafeBytes { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        description = "OpenSSL could not \(what): \(reason)"
    }
}
