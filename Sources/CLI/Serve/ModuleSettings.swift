import ClientAPI
import Home
import NIOSSL

/// What each module gets of the settings.
extension Settings {
    var home: HomeSettings {
        HomeSettings(server: name, registration: registration, limitsEnabled: limits)
    }

    func clientAPI() throws -> ClientAPISettings {
        ClientAPISettings(
            host: client.host, port: client.port, tls: try client.tls?.configuration(of: "client"),
            allowedOrigins: Set(client.origins), trustedProxies: Set(client.proxies),
            wellKnownHost: federation.mode == .closed ? nil : federation.address, limitsEnabled: limits)
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
        return configuration
    }
}
