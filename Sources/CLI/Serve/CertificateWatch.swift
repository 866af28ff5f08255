import Certificates
import Logging
import Metrics
import ServiceLifecycle
import Wire

/// Takes up certificates whose files have changed, for new connections, says in the log when one comes to its end, and keeps
/// the gauge `certificate_days_left` (of each listener, for whatever of its chain ends first).
struct CertificateWatch: Service {
    private static let interval = Duration.seconds(5)
    /// Looks between two words about the end: twice a day.
    private static let looksBetweenWords = 12 * 3600 / 5

    let certificates: [ServedCertificate]
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            var looks = 0
            repeat {
                for certificate in certificates {
                    if looks > 0 { readAgain(certificate) }
                    Gauge(label: "certificate_days_left", dimensions: [("listener", "\(certificate.listener)")])
                        .record(daysLeft(of: certificate, at: SystemTime().now()))
                    if looks % Self.looksBetweenWords == 0 { sayTerm(of: certificate, at: SystemTime().now()) }
                }
                looks += 1
            } while (try? await Task.sleep(for: Self.interval)) != nil
        }
    }

    private func readAgain(_ certificate: ServedCertificate) {
        switch certificate.readAgain() {
        case .unchanged: break
        case .renewed:
            logger.notice(
                "a renewed certificate is in use", metadata: metadata(of: certificate, at: SystemTime().now()))
        case .refused(let problem):
            logger.warning(
                "a changed certificate cannot be used; the one before stays in use",
                metadata: ["listener": "\(certificate.listener)", "problem": "\(problem)"])
        }
    }

    private func sayTerm(of certificate: ServedCertificate, at now: Instant) {
        let left = certificate.chain.map { CertificateTerm(of: $0, now: now) }
        let level: Logger.Level =
            switch left.map(\.exitCode).max() ?? 0 {
            case 0: .debug
            case 1: .warning
            default: .critical
            }
        logger.log(
            level: level, "how long a certificate lasts; homeserver certificates show says more",
            metadata: metadata(of: certificate, at: now))
    }

    private func metadata(of certificate: ServedCertificate, at now: Instant) -> Logger.Metadata {
        ["listener": "\(certificate.listener)", "days-left": "\(daysLeft(of: certificate, at: now))"]
    }

    private func daysLeft(of certificate: ServedCertificate, at now: Instant) -> Int64 {
        certificate.chain.map { Int64($0.daysLeft(at: now)) }.min() ?? 0
    }
}
