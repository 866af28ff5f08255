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
        HomeSettings(server: name, registration: registration, limitsEnabled: limits, outboxQuota: federation.quota)
    }

    func clientAPI(site: Site?, certificate: ServedCertificate?) -> ClientAPISettings {
        ClientAPISettings(
            host: client.host, port: client.port, tls: certificate?.configuration,
            allowedOrigins: Set(client.origins), trustedProxies: Set(client.proxies),
            wellKnownHost: federation.mode == .closed ? nil : federation.address, site: site,
            limitsEnabled: limits)
    }

    /// Opens what a start would, as far as that needs neither keys nor database; throws what a start would.
    func checkWhatServeOpens() throws {
        _ = try openWebClient(logger: Logger(label: "homeserver"))
        _ = try client.tls.map { try ServedCertificate($0, listener: "client") }
        guard try openFederationCertificate() != nil else { return }
        _ = try delegation()
        _ = try linkRules()
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

    /// What other homeservers are shown; nil where federation is closed, and nothing listens that would show it.
    func openFederationCertificate() throws -> ServedCertificate? {
        guard federation.mode != .closed else { return nil }
        return try federation.tls.map { try ServedCertificate($0, listener: "federation") }
    }

    /// The links, with the keys opened; nil where federation is closed.
    func openFederation(certificate: ServedCertificate?) throws -> Federation? {
        guard let certificate else { return nil }
        let settings = FederationSettings(
            server: name, host: federation.host, port: federation.port, tls: certificate.configuration,
            delegation: try delegation(), rules: try linkRules(), limitsEnabled: limits)
        return Federation(settings: settings, keys: try openKeys(), directory: try openKeyDirectory())
    }

    private func openKeyDirectory() throws -> KeyDirectory {
        do throws(KeysProblem) {
            return try KeyDirectory(keysPath: keysDirectory, secretsPath: secretsDirectory)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// This homeserver's own keys, as the serving process opens them.
    func openKeys() throws -> LocalKeys {
        let directory = try openKeyDirectory()
        do throws(KeysProblem) {
            return try LoadKeys(server: name).run(from: directory)
        } catch {
            throw CommandFailure(error)
        }
    }

    /// Where others are told to find this homeserver.
    func delegation() throws -> Delegation {
        guard let address = HostAndPort(federation.address) else {
            throw refuse("federation.address", "must be a server name, with a port or without")
        }
        return Delegation(host: address.host, port: address.port ?? 8448)
    }

    /// Whom the operator links with, and where they are.
    func linkRules() throws -> LinkRules {
        var rules = LinkRules(mode: federation.mode)
        rules.allowedRanges = try federation.exceptions.map { text in
            guard let range = AddressRange(text) else {
                throw refuse("federation.exceptions", "must be networks such as 10.0.0.0/8, not '\(text)'")
            }
            return range
        }
        rules.named = Set(peers.map(\.name))
        for peer in peers {
            if let text = peer.rootFingerprint {
                guard let fingerprint = Fingerprint(text) else {
                    throw refuse("peers", "has a root_fingerprint for \(peer.name) that is none")
                }
                rules.fingerprints[peer.name] = fingerprint
            }
            guard let url = peer.url else { continue }
            do {
                rules.peers.append(try ConfiguredPeer(name: peer.name, url: url, caFile: peer.caFile))
            } catch let error as FieldError {
                throw refuse(error.field, error.problem)
            }
        }
        return rules
    }

    private func refuse(_ setting: String, _ problem: String) -> SettingsError {
        SettingsError(setting: setting, origin: .nowhere, problem: problem)
    }
}
