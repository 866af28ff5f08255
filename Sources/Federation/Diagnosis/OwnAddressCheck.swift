package import Certificates
import NIOPosix
import Sodium
package import Wire

/// Whether others find this homeserver under its name, and whether it is this one that they find; `doctor` calls it.
package struct OwnAddressCheck: Sendable {
    private let keys: LocalKeys
    /// Where the homeserver says that it is.
    private let address: Delegation
    /// The certificate of the federation listener, as its file has it.
    private let certificate: Certificate
    private let rules: LinkRules
    private let time: any TimeSource

    package init(
        keys: LocalKeys, address: Delegation, certificate: Certificate, rules: LinkRules,
        time: any TimeSource = SystemTime()
    ) {
        self.keys = keys
        self.address = address
        self.certificate = certificate
        self.rules = rules
        self.time = time
    }

    private var us: ServerName { keys.server }

    /// Names under localhost are this machine wherever they are looked up: nobody outside ever finds them.
    private var isLocal: Bool { us.text == "localhost" || us.text.hasSuffix(".localhost") }

    package func run(_ trail: FindingTrail) async {
        await Dialer.ofCommand(rules) { dialer in
            if isLocal {
                trail.add(.ok("discovery", "\(us) is a name of this machine: peers here find it by url (peers)"))
            } else {
                await discover(Discovery(configured: [], dialer: dialer, time: time), trail)
            }
            await dial(dialer, trail)
        }
    }

    /// What a homeserver finds that knows only our name.
    private func discover(_ discovery: Discovery, _ trail: FindingTrail) async {
        do throws(DiscoveryProblem) {
            let (found, way) = try await discovery.find(us)
            let place = "\(found.host):\(found.port)"
            if found.host == address.host, found.port == address.port {
                trail.add(.ok("discovery", "others find \(place)"))
            } else if way == .delegation {
                trail.add(
                    .failure(
                        "discovery", "other_delegation",
                        "https://\(us)\(FederationRoute.wellKnownPath) says \(place), and federation.address \(address.text)",
                        fix: "let that path lead to this homeserver (a proxy's cache?), or correct federation.address"))
            } else {
                trail.add(
                    .failure(
                        "discovery", "no_delegation",
                        "https://\(us)\(FederationRoute.wellKnownPath) does not answer, so others dial \(place) "
                            + "and not \(address.text)",
                        fix: "let https://\(us) lead to client.port, or have the federation listener at \(us):8448"))
            }
        } catch {
            trail.add(PeerRoute.finding("discovery", error))
        }
    }

    private func dial(_ dialer: Dialer, _ trail: FindingTrail) async {
        let endpoint = PeerEndpoint(host: address.host, port: address.port, trust: .system)
        let route = PeerRoute(
            name: us, discovery: Discovery(configured: [], dialer: dialer, time: time), dialer: dialer, time: time)
        guard let addresses = await route.resolve(endpoint, trail),
            let (turn, presented) = await route.connect(to: endpoint, addresses, trail)
        else { return }
        if presented.chain[0] != certificate {
            trail.add(
                .warning(
                    "listener", "other_certificate",
                    "\(address.text) shows another certificate than federation.tls.certificate",
                    fix: "if no proxy stands before it, see the log: a changed certificate is taken up within seconds"))
        }
        await askForKeys(addresses[turn], trail)
    }

    /// The keys prove themselves, so it does not matter here whose certificate it was.
    private func askForKeys(_ ip: IPAddress, _ trail: FindingTrail) async {
        let probe = TLSProbe(
            address: ip.description, port: address.port, host: address.host, patience: TestPeer.connectPatience)
        let body = await onThreadOfItsOwn {
            try? probe.body(of: FederationRoute.keysPath, maximumBytes: KeysDocument.maximumBytes)
        }
        trail.add(judge(body.flatMap { $0 }.flatMap { try? KeysDocument(parsing: $0) }))
    }

    private func judge(_ document: KeysDocument?) -> Finding {
        guard let document else {
            return .failure(
                "listener", "not_home", "\(address.text) does not answer \(FederationRoute.keysPath) with keys",
                fix: "let federation.address lead to federation.port of this homeserver, through TLS")
        }
        guard document.keyset.keyset.root == keys.root else {
            return .failure(
                "listener", "other_homeserver",
                "\(address.text) answers with the keys of \(document.keyset.keyset.server), root "
                    + "\(Fingerprint(of: document.keyset.keyset.root))",
                fix: "let federation.address lead to this homeserver; if keys.directory was changed, restart it")
        }
        guard document.keyset.sha256 == keys.keyset.sha256 else {
            return .warning(
                "listener", "other_keyset",
                "the serving process shows keyset \(document.keyset.keyset.version), and the file has "
                    + "\(keys.keyset.keyset.version)",
                fix: "wait some seconds; if it stays so, see the log, then restart homeserver serve")
        }
        return .ok("listener", "\(address.text) answers with the keys of \(us)")
    }
}
