import ClientAPI
import Federation
import Home
import Logging
import NIOCore
import NIOSSL
import WebClient
import Wire

/// What each module gets of the settings.
extension Settings {
    var home: HomeSettings {
        HomeSettings(server: name, registration: registration, limitsEnabled: limits)
    }

    func clientAPI(site: Site?) throws -> ClientAPISettings {
        ClientAPISettings(
            host: client.host, port: client.port, tls: try client.tls?.configuration(of: "client"),
            allowedOrigins: Set(client.origins), trustedProxies: Set(client.proxies),
            wellKnownHost: federation.mode == .closed ? nil : federation.address, site: site,
            limitsEnabled: limits)
    }

    /// The web client with its files read; nil where it is not served.
    func openWebClient(logger: Logger) throws -> WebClient? {
        guard web.isServed else { return nil }
        let settings = WebClientSettings(
            directory: web.directory, emojiFile: web.emoji, speaksTLS: client.tls != nil)
        do {
            return try WebClient(settings: settings, logger: logger)
        } catch {
            throw refuse(error.field, error.problem)
        }
    }

    /// The links, with the keys opened; nil where federation is closed.
    func openFederation() throws -> (federation: Federation, keys: LocalKeys)? {
        guard let linking = try linking() else { return nil }
        do throws(KeysProblem) {
            let directory = try KeyDirectory(keysPath: keysDirectory, secretsPath: secretsDirectory)
            let keys = try LoadKeys(server: name).run(from: directory)
            let federation = Federation(
                settings: linking.settings, keys: keys, rootFingerprints: linking.fingerprints)
            return (federation, keys)
        } catch {
            throw CommandFailure(error)
        }
    }

    private func linking() throws -> (settings: FederationSettings, fingerprints: [ServerName: Fingerprint])? {
        guard federation.mode != .closed, let tls = federation.tls else { return nil }
        guard let address = HostAndPort(federation.address) else {
            throw refuse("federation.address", "must be a server name, with a port or without")
        }
        let exceptions = try federation.exceptions.map { text in
            guard let range = AddressRange(text) else {
                throw refuse("federation.exceptions", "must be networks such as 10.0.0.0/8, not '\(text)'")
            }
            return range
        }
        var fingerprints: [ServerName: Fingerprint] = [:]
        var configured: [ConfiguredPeer] = []
        for peer in peers {
            if let text = peer.rootFingerprint {
                guard let fingerprint = Fingerprint(text) else {
                    throw refuse("peers", "has a root_fingerprint for \(peer.name) that is none")
                }
                fingerprints[peer.name] = fingerprint
            }
            guard let url = peer.url else { continue }
            do {
                configured.append(try ConfiguredPeer(name: peer.name, url: url, caFile: peer.caFile))
            } catch let error as FieldError {
                throw refuse(error.field, error.problem)
            }
        }
        let settings = FederationSettings(
            server: name, host: federation.host, port: federation.port, certificateFile: tls.certificate,
            privateKeyFile: tls.key, delegation: Delegation(host: address.host, port: address.port ?? 8448),
            mode: federation.mode, peers: configured, allowedRanges: exceptions,
            limitsEnabled: limits)
        return (settings, fingerprints)
    }

    private func refuse(_ setting: String, _ problem: String) -> SettingsError {
        SettingsError(setting: setting, origin: .nowhere, problem: problem)
    }
}

extension Settings.TLSFiles {
    func configuration(of listener: String) throws -> TLSConfiguration {
        func refuse(_ setting: String, _ path: String) -> SettingsError {
            SettingsError(
                setting: "\(listener).tls.\(setting)", origin: .nowhere,
                problem: "names \(path), which is no readable PEM file")
        }
        guard let chain = try? NIOSSLCertificate.fromPEMFile(certificate), !chain.isEmpty else {
            throw refuse("certificate", certificate)
        }
        guard let key = try? NIOSSLPrivateKey(file: key, format: .pem) else { throw refuse("key", self.key) }
        var configuration = TLSConfiguration.makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) }, privateKey: .privateKey(key))
        configuration.minimumTLSVersion = .tlsv12
        // A client that does not answer our goodbye holds up the end of the process no longer than this (5 s is usual).
        configuration.shutdownTimeout = .seconds(1)
        return configuration
    }
}
