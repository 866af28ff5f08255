import COpenSSL
package import Wire

/// What is to be said of a chain that a server shows, or that lies in a file to be shown; `peer test` and `doctor` say it.
package struct CertificateJudgement: Sendable, Equatable {
    package enum Fault: Sendable, Equatable {
        case expired(at: Instant)
        case notYetValid(from: Instant)
        /// The host is none of the names that it is good for.
        case wrongName(names: [String])
        /// Signed by an authority that is not trusted, or a link of the chain is missing.
        case unknownAuthority(issuer: String)
        /// Signed by itself, and not trusted.
        case selfSigned
        /// Anything else, in OpenSSL's words.
        case refused(String)
    }

    /// Nil when all is well; otherwise what the operator must mend first.
    package let fault: Fault?
    /// When the first certificate of the chain ends.
    package let expires: Instant
    /// Whole days, rounded down; negative when it is over.
    package let daysLeft: Int64

    /// Whom the host's certificate may come from.
    package enum Trust: Sendable {
        /// The authorities of the operating system.
        case system
        case authorities([Certificate])
    }

    /// - Parameter chain: The server's own certificate first; not empty.
    package init(of chain: [Certificate], host: ServerName, trust: Trust, now: Instant) {
        let leaf = chain[0]
        let first = chain.min { $0.notAfter < $1.notAfter } ?? leaf
        expires = first.notAfter
        daysLeft = first.daysLeft(at: now)
        let late = chain.first { $0.notAfter < now }
        let early = chain.first { $0.notBefore > now }
        if let late {
            fault = .expired(at: late.notAfter)
        } else if let early {
            fault = .notYetValid(from: early.notBefore)
        } else if !leaf.isGood(for: host) {
            fault = .wrongName(names: leaf.names)
        } else {
            fault = CertificateJudgement.chainFault(chain, trust)
        }
    }

    /// Where swift-nio-ssl, by which requests go, finds the system's authorities: this judgement is to be the same as its.
    private static let systemFiles = ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt"]

    private static func chainFault(_ chain: [Certificate], _ trust: Trust) -> Fault? {
        guard let store = X509_STORE_new(), let others = copenssl_chain_new() else {
            preconditionFailure("these are refused only without memory")
        }
        defer {
            X509_STORE_free(store)
            copenssl_chain_free(others)
            ERR_clear_error()
        }
        switch trust {
        case .system:
            if !systemFiles.contains(where: { X509_STORE_load_file(store, $0) == 1 }) {
                X509_STORE_set_default_paths(store)
            }
        case .authorities(let authorities):
            for authority in authorities.compactMap({ X509(der: $0.der) }) {
                _ = authority.use { X509_STORE_add_cert(store, $0) }
            }
        }
        for certificate in chain.dropFirst().compactMap({ X509(der: $0.der) }) {
            _ = certificate.use { copenssl_chain_append(others, $0) }
        }
        guard let leaf = X509(der: chain[0].der) else { return .refused("the certificate cannot be read") }
        let result = leaf.use { copenssl_verify(store, $0, others) }
        switch result {
        case X509_V_OK: return nil
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return .selfSigned
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
            X509_V_ERR_CERT_UNTRUSTED, X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return .unknownAuthority(issuer: chain.last?.issuer ?? "")
        default:
            return .refused(X509_verify_cert_error_string(Int(result)).map { String(cString: $0) } ?? "\(result)")
        }
    }
}
