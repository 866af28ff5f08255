package import NIOSSL
package import Wire

/// Where a peer's server is and whose certificates it may show; what discovery answers and `PeerClient` dials.
package struct PeerEndpoint: Sendable, Hashable {
    package let host: ServerName
    package let port: Int
    package let trust: CertificateTrust

    package init(host: ServerName, port: Int, trust: CertificateTrust) {
        self.host = host
        self.port = port
        self.trust = trust
    }
}

/// Which authorities may have signed the certificate of a host.
package enum CertificateTrust: Sendable, Hashable {
    /// Those of the operating system.
    case system
    /// Only these: a peer of the same operator, with his own authority.
    case only([NIOSSLCertificate])
}

/// A peer whose address the operator has configured, so that nothing is looked up.
package struct ConfiguredPeer: Sendable {
    package let name: ServerName
    package let address: HTTPSAddress
    package let trust: CertificateTrust

    /// - Parameters:
    ///   - url: `https://host[:port]`, nothing behind it.
    ///   - caFile: a PEM file with the authorities of this peer; nil for those of the operating system.
    package init(name: ServerName, url: String, caFile: String?) throws {
        guard let address = HTTPSAddress(url), address.target == "/" else {
            throw FieldError(field: "peers.\(name).url", problem: "must be https://host or https://host:port")
        }
        self.name = name
        self.address = address
        guard let caFile else {
            trust = .system
            return
        }
        let certificates = try? NIOSSLCertificate.fromPEMFile(caFile)
        guard let certificates, !certificates.isEmpty else {
            throw FieldError(field: "peers.\(name).ca_file", problem: "is not a readable PEM file with certificates")
        }
        trust = .only(certificates)
    }

    var endpoint: PeerEndpoint { PeerEndpoint(host: address.host, port: address.port, trust: trust) }
}
