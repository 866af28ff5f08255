import Certificates
import FoundationEssentials
import NIOCore
import NIOSSL
import Synchronization
import Wire

/// The certificate that a listener shows: read at the start, and again when its files have changed (`CertificateWatch`).
///
/// Its state, the pair in use, is behind a `Mutex`; each new connection takes the pair of that moment.
final class ServedCertificate: Sendable {
    private struct Files: Equatable {
        let certificate: [UInt8]
        let key: [UInt8]
    }

    private struct State {
        var files: Files
        var shown: NIOSSLContextConfigurationOverride
        var chain: [Certificate]
        /// What was found last and could not be used, so that it is complained of once.
        var refused: Files?
    }

    enum Reading {
        case unchanged
        case renewed
        case refused(String)
    }

    /// `client` or `federation`, whose settings name the files.
    let listener: String
    private let paths: Settings.TLSFiles
    private let state: Mutex<State>

    init(_ paths: Settings.TLSFiles, listener: String) throws(SettingsError) {
        self.listener = listener
        self.paths = paths
        let files = try ServedCertificate.read(paths, listener)
        let (chain, shown) = try ServedCertificate.pair(files, paths, listener)
        state = Mutex(State(files: files, shown: shown, chain: chain))
    }

    /// For the listener: TLS 1.2 or later, with whatever pair is in use when a client greets.
    var configuration: TLSConfiguration {
        let shown = state.withLock { $0.shown }
        guard let chain = shown.certificateChain, let key = shown.privateKey else {
            preconditionFailure("a pair has both halves")
        }
        var configuration = TLSConfiguration.makeServerConfiguration(certificateChain: chain, privateKey: key)
        configuration.minimumTLSVersion = .tlsv12
        // Who does not answer our goodbye holds up the end of the process no longer than this (5 s is usual).
        configuration.shutdownTimeout = .seconds(1)
        configuration.sslContextCallback = { [self] _, promise in promise.succeed(state.withLock { $0.shown }) }
        return configuration
    }

    /// The chain in use.
    var chain: [Certificate] { state.withLock { $0.chain } }

    /// Looks at the files; what cannot be used leaves everything as it is.
    func readAgain() -> Reading {
        do throws(SettingsError) {
            let files = try ServedCertificate.read(paths, listener)
            guard state.withLock({ $0.files != files && $0.refused != files }) else { return .unchanged }
            do throws(SettingsError) {
                let (chain, shown) = try ServedCertificate.pair(files, paths, listener)
                state.withLock { $0 = State(files: files, shown: shown, chain: chain) }
                return .renewed
            } catch {
                state.withLock { $0.refused = files }
                throw error
            }
        } catch {
            return .refused(error.description)
        }
    }

    // MARK: Reading

    private static func read(_ paths: Settings.TLSFiles, _ listener: String) throws(SettingsError) -> Files {
        func bytes(_ setting: String, _ path: String) throws(SettingsError) -> [UInt8] {
            guard let data = try? Data(contentsOf: URL(filePath: path)), data.count <= Certificate.longestFile else {
                throw refusal(listener, setting, "names \(path), which cannot be read")
            }
            return Array(data)
        }
        return Files(certificate: try bytes("certificate", paths.certificate), key: try bytes("key", paths.key))
    }

    private static func pair(
        _ files: Files, _ paths: Settings.TLSFiles, _ listener: String
    ) throws(SettingsError) -> ([Certificate], NIOSSLContextConfigurationOverride) {
        guard let chain = Certificate.chain(pem: files.certificate),
            let shown = try? NIOSSLCertificate.fromPEMBytes(files.certificate), !shown.isEmpty
        else { throw refusal(listener, "certificate", "names \(paths.certificate), which has no certificates in PEM") }
        guard let key = PrivateKey(pem: files.key), let shownKey = try? NIOSSLPrivateKey(bytes: files.key, format: .pem)
        else {
            throw refusal(listener, "key", "names \(paths.key), which has no private key in PEM without a passphrase")
        }
        guard chain[0].belongs(to: key) else {
            throw refusal(listener, "key", "names \(paths.key), which is not the key of \(paths.certificate)")
        }
        var pair = NIOSSLContextConfigurationOverride()
        pair.certificateChain = shown.map { .certificate($0) }
        pair.privateKey = .privateKey(shownKey)
        return (chain, pair)
    }

    private static func refusal(_ listener: String, _ setting: String, _ problem: String) -> SettingsError {
        SettingsError(setting: "\(listener).tls.\(setting)", origin: .nowhere, problem: problem)
    }
}
