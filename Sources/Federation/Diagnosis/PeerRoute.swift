import Certificates
import NIOSSL
import Wire

/// The way to a peer up to its certificate: discovery, addresses, connection, TLS; `TestPeer` and `doctor` check it.
struct PeerRoute: Sendable {
    let name: ServerName
    let discovery: Discovery
    let dialer: Dialer
    let time: any TimeSource

    /// Which of the addresses can be dialled, by its place among them; nil when the way ends before.
    func check(_ trail: FindingTrail) async -> Int? {
        guard let endpoint = await find(trail), let addresses = await resolve(endpoint, trail),
            let (turn, presented) = await connect(to: endpoint, addresses, trail),
            !trail.add(judge(presented, of: endpoint))
        else { return nil }
        return turn
    }

    // MARK: Steps

    private func find(_ trail: FindingTrail) async -> PeerEndpoint? {
        do throws(DiscoveryProblem) {
            let (endpoint, way) = try await discovery.find(name)
            let place = "\(endpoint.host):\(endpoint.port)"
            let how =
                switch way {
                case .configured: "\(place), as the configuration says"
                case .delegation: "\(place), as https://\(name)\(FederationRoute.wellKnownPath) says"
                case .name: "\(place), because https://\(name)\(FederationRoute.wellKnownPath) says nothing else"
                }
            trail.add(.ok("discovery", how))
            return endpoint
        } catch {
            trail.add(PeerRoute.finding("discovery", error))
            return nil
        }
    }

    func resolve(_ endpoint: PeerEndpoint, _ trail: FindingTrail) async -> [IPAddress]? {
        do throws(DiscoveryProblem) {
            let addresses = try await dialer.addresses(of: endpoint.host, port: endpoint.port)
            trail.add(.ok("address", addresses.map(\.description).joined(separator: ", ")))
            return addresses
        } catch {
            trail.add(PeerRoute.finding("address", error))
            return nil
        }
    }

    static func finding(_ subject: String, _ problem: DiscoveryProblem) -> Finding {
        switch problem {
        case .noAddress(let host):
            .failure(
                subject, "unresolvable", "the name \(host) does not resolve to an address",
                fix:
                    "check the spelling, then its A and AAAA records and this machine's resolver (getent ahosts \(host))"
            )
        case .tooManyAddresses:
            .failure(subject, "too_many_addresses", "\(problem)", fix: "its operator has to give it fewer addresses")
        case .forbiddenAddress(let host, let address, let kind):
            .failure(
                subject, "forbidden_address", "\(host) leads to \(address), which is \(kind.rawValue)",
                fix: "correct its DNS, or list the network in federation.exceptions if that is meant")
        case .forbiddenPort:
            .failure(
                subject, "forbidden_port", "\(problem)", fix: "its operator has to use port 443, or one above 1023")
        case .wellKnownInvalid, .tooManyRedirects:
            .failure(
                subject, "delegation_invalid", "\(problem)",
                fix: "its operator has to mend https://.../.well-known/home-server, or take it away")
        }
    }

    /// The first address that answers.
    func connect(
        to endpoint: PeerEndpoint, _ addresses: [IPAddress], _ trail: FindingTrail
    ) async -> (turn: Int, presented: TLSProbe.Presented)? {
        var failures: [Finding] = []
        for (turn, address) in addresses.enumerated() {
            let started = time.monotonic()
            switch await probe(endpoint, address) {
            case .success(let presented):
                for failure in failures {
                    trail.add(.warning("connection", failure.code, failure.seen, fix: failure.fix ?? ""))
                }
                let milliseconds = (time.monotonic() - started).wholeMilliseconds
                trail.add(
                    .ok("connection", "\(address) port \(endpoint.port), \(presented.version), \(milliseconds) ms"))
                return (turn, presented)
            case .failure(let failure): failures.append(PeerRoute.finding(failure, address, endpoint))
            }
        }
        // Where somebody answers, what he says tells more than that nobody does elsewhere.
        guard let main = failures.first(where: { $0.code != "refused" }) ?? failures.first else { return nil }
        for other in failures where other.code != main.code {
            trail.add(.warning("connection", other.code, other.seen, fix: other.fix ?? ""))
        }
        trail.add(main)
        return nil
    }

    private func probe(
        _ endpoint: PeerEndpoint, _ address: IPAddress
    ) async -> Result<TLSProbe.Presented, TLSProbe.Failure> {
        let probe = TLSProbe(
            address: address.description, port: endpoint.port, host: endpoint.host, patience: TestPeer.connectPatience)
        let result = await onThreadOfItsOwn {
            Result { () throws(TLSProbe.Failure) in try probe.run() }
        }
        return result ?? .failure(.failed("cancelled"))
    }

    private static func finding(
        _ failure: TLSProbe.Failure, _ address: IPAddress, _ endpoint: PeerEndpoint
    ) -> Finding {
        let place = "\(address) port \(endpoint.port)"
        func finding(_ code: String, _ seen: String, _ fix: String) -> Finding {
            .failure("connection", code, seen, fix: fix)
        }
        let open = "see that it runs, that federation.port is this one, and that its firewall and router let it through"
        return switch failure {
        case .refused: finding("refused", "\(place) refuses the connection: nobody listens there", open)
        case .unreachable(let reason): finding("unreachable", "\(place) cannot be reached: \(reason)", open)
        case .noConnectionInTime:
            finding(
                "timeout", "\(place) does not answer within \(TestPeer.connectPatience.components.seconds) s", open)
        case .noGreetingInTime:
            finding(
                "timeout", "\(place) takes the connection and then says nothing",
                "see what listens there: it is no homeserver, or one that hangs")
        case .closed:
            finding(
                "closed", "\(place) hangs up in the middle of the TLS handshake",
                "see what listens there: perhaps a proxy that does not know the name \(endpoint.host)")
        case .notTLS:
            finding(
                "not_tls", "what listens at \(place) does not speak TLS",
                "let the port lead to the homeserver's federation listener, not to plain HTTP")
        case .tooOld:
            finding(
                "tls_too_old", "\(place) speaks nothing from TLS 1.2 on",
                "its operator has to allow TLS 1.2 or 1.3 there")
        case .failed(let reason):
            finding("tls_failed", "no TLS with \(place): \(reason)", "see what listens there, and its log")
        }
    }

    // MARK: The certificate

    private func judge(_ presented: TLSProbe.Presented, of endpoint: PeerEndpoint) -> Finding {
        let trust: CertificateJudgement.Trust
        switch endpoint.trust {
        case .system: trust = .system
        case .only(let authorities):
            trust = .authorities(
                authorities.compactMap { try? $0.toDERBytes() }.compactMap { Certificate(der: $0) })
        }
        return .certificate(
            CertificateJudgement(of: presented.chain, host: endpoint.host, trust: trust, now: time.now()),
            of: presented.chain[0], host: endpoint.host, isOurs: false)
    }
}
