package import Certificates
package import Wire

/// What is said of a certificate, a peer's or our own.
extension Finding {
    /// Warned of from so many days before the end: public authorities' certificates are renewed at 30 of their 90 days.
    package static let certificateWarningDays: Int64 = 14

    /// - Parameter isOurs: Whether this homeserver shows it, so that its own operator is to act.
    package static func certificate(
        _ judgement: CertificateJudgement, of leaf: Certificate, host: ServerName, isOurs: Bool
    ) -> Finding {
        let who = isOurs ? "renew it" : "its operator has to renew it"
        func failure(_ code: String, _ seen: String, _ fix: String) -> Finding {
            .failure("certificate", code, seen, fix: fix)
        }
        switch judgement.fault {
        case .expired(let instant):
            return failure(
                "expired", "the certificate expired at \(instant.rfc3339), \(-judgement.daysLeft - 1) days ago",
                "\(who); a clock that is wrong looks the same (timedatectl)")
        case .notYetValid(let instant):
            return failure(
                "not_yet_valid", "the certificate is not valid before \(instant.rfc3339)",
                "set the clock of this machine if it is wrong (timedatectl), otherwise \(who)")
        case .wrongName(let names):
            let given = names.isEmpty ? "no name" : names.prefix(5).joined(separator: ", ")
            return failure(
                "wrong_name", "the certificate is for \(given), not for \(host)",
                "get one for \(host), or dial another host: the delegation's, or the peer's url in the configuration")
        case .unknownAuthority(let issuer):
            return failure(
                "unknown_authority", "the certificate was signed by an authority that is not trusted here: \(issuer)",
                "give that authority's file as ca_file of the peer (peers), or show the whole chain of a public one")
        case .selfSigned:
            return failure(
                "self_signed", "the certificate has signed itself, and nobody here trusts it",
                "get one of an authority, or give it as ca_file of the peer (peers) with its url")
        case .refused(let reason):
            return failure("certificate_refused", "the certificate is not accepted: \(reason)", who)
        case nil: break
        }
        let seen = "for \(host), \(judgement.daysLeft) days left, issuer \(leaf.issuer)"
        guard judgement.daysLeft >= certificateWarningDays else {
            return .warning("certificate", "expires_soon", seen, fix: who)
        }
        return .ok("certificate", seen)
    }

    /// One that a local authority has signed, which only those accept who were given its `ca.crt`; otherwise all is well.
    package static func localCertificate(_ judgement: CertificateJudgement) -> Finding {
        let seen = "of a local authority, \(judgement.daysLeft) days left; only who was given its ca.crt accepts it"
        guard judgement.daysLeft >= certificateWarningDays else {
            return .warning("certificate", "expires_soon", seen, fix: "homeserver certificates renew")
        }
        return .ok("certificate", seen)
    }
}
