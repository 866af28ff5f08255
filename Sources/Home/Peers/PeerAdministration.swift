package import Postgres
package import Wire

/// What the operator's commands do with peers (`homeserver peer …`), in a process of their own, whether or not the homeserver runs.
///
/// Each change is one transaction with its entry in the audit log and a command for the running process, which obeys within a second.
package struct PeerAdministration: Sendable {
    /// Entries of one list of dead letters at most.
    package static let maximumDeadLetters = 1000
    package static let inviteLife = Duration.seconds(72 * 3600)
    package static let maximumInviteLife = Duration.seconds(30 * 86_400)
    /// Invitations that nobody has taken yet, at a time.
    static let maximumInvites = 1000

    private let store: PeerAdministrationStore
    private let us: ServerName
    private let actor: String
    private let time: any TimeSource

    /// - Parameter actor: Who does it, for the audit log.
    package init(database: PostgresClient, us: ServerName, actor: String, time: any TimeSource = SystemTime()) {
        store = PeerAdministrationStore(peers: PeerStore(database: database))
        self.us = us
        self.actor = actor
        self.time = time
    }

    // MARK: Looking

    /// Every peer that was not removed, by name.
    package func list() async throws(HomeError) -> [PeerOverview] { try await store.overviews() }

    /// Nil for a homeserver that is not known here.
    package func peer(_ name: ServerName) async throws(HomeError) -> Peer? {
        guard let peer = try await store.peers.peer(named: name), !peer.isRemoved else { return nil }
        return peer
    }

    /// What waits for a peer.
    package func queue(of name: ServerName) async throws(HomeError) -> QueueOverview {
        try await store.queue(of: try await known(name))
    }

    /// The newest events that were not taken, here or there; of one peer or of all.
    package func deadLetters(of name: ServerName? = nil, limit: Int = 100) async throws(HomeError) -> [DeadLetterEntry]
    {
        guard (1...Self.maximumDeadLetters).contains(limit) else {
            throw .invalid(field: "limit", problem: "must be 1 to \(Self.maximumDeadLetters)")
        }
        var peer: PeerKey?
        if let name { peer = try await known(name).key }
        return try await store.deadLetters(of: peer, limit: limit)
    }

    // MARK: Changing

    /// Says how a peer is dealt with, met or not.
    package func setPolicy(_ policy: PeerPolicy, of name: ServerName) async throws(HomeError) {
        try refuseOurselves(name)
        try await change(
            name, meeting: true, "policy=\(policy.rawValue)", action: policy.action,
            // Who was kept away does not wait for the next hour.
            [PeerAdministrationStore.setPolicy(policy, of: name)] + PeerAdministrationStore.tryAgain(name))
    }

    /// Pins a peer's root before the first contact, allows it, and keeps the token of its invitation.
    package func add(_ name: ServerName, fingerprint: String, invite: String?) async throws(HomeError) {
        try refuseOurselves(name)
        if let invite, SecretToken(invite, .peer) == nil {
            throw .invalid(field: "invite", problem: "has no token")
        }
        try await change(
            name, meeting: true, "root=\(fingerprint)" + (invite == nil ? "" : " by invitation"), action: "peer add",
            [PeerAdministrationStore.add(name, fingerprint: fingerprint, invite: invite)]
                + PeerAdministrationStore.tryAgain(name))
    }

    /// Forgets a peer's root and keys and believes the root with this fingerprint from now on.
    package func repin(_ name: ServerName, fingerprint: String) async throws(HomeError) {
        _ = try await known(name)
        try await change(
            name, "root=\(fingerprint)", action: "peer repin", voidsKeys: true,
            [PeerAdministrationStore.forgetKeys(of: name, fingerprint: fingerprint)]
                + PeerAdministrationStore.tryAgain(name))
    }

    /// Tries a peer again at once: ends its back-off, starts a lane that stands still, and takes note of its alarm.
    package func retry(_ name: ServerName) async throws(HomeError) {
        _ = try await known(name)
        try await change(name, "", action: "peer retry", PeerAdministrationStore.tryAgain(name))
    }

    /// Takes back what was said and learnt of a peer: policy, pin, keys, alarm. Friendships and conversations stay.
    ///
    /// - Parameter force: What waits for it fails; without, nothing may wait.
    package func remove(_ name: ServerName, force: Bool) async throws(HomeError) {
        let waiting = try await store.queue(of: try await known(name)).events
        guard waiting == 0 || force else {
            throw .conflict(
                "\(waiting) event\(waiting == 1 ? "" : "s") wait\(waiting == 1 ? "s" : "") for \(name); "
                    + "with --force they fail and their authors are told")
        }
        try await change(
            name, force ? "force, waiting=\(waiting)" : "", action: "peer remove", voidsKeys: true,
            [PeerAdministrationStore.forgetKeys(of: name, fingerprint: nil)] + PeerAdministrationStore.tryAgain(name)
                + PeerAdministrationStore.remove(name, failing: force, at: time.now()))
    }

    /// Makes the token of an invitation, which is shown this once.
    ///
    /// - Parameter guest: The only homeserver that may use it; nil: whoever has it.
    package func invite(
        _ guest: ServerName?, for life: Duration
    ) async throws(HomeError) -> (token: String, until: Instant) {
        if let guest { try refuseOurselves(guest) }
        guard life > .zero, life <= Self.maximumInviteLife else {
            throw .invalid(field: "expires", problem: "must be at most 30 days ahead")
        }
        let now = time.now()
        let token = SecretToken(.peer)
        let change = AuditedChange(
            actor: actor, action: "peer invite", subject: guest?.text ?? "anybody",
            detail: "until=\((now + life).rfc3339)")
        let isMade = try await store.invite(
            token.hash, guest: guest, until: now + life, at: now, unlessThereAre: Self.maximumInvites, change)
        guard isMade else { throw .conflict("there are \(Self.maximumInvites) invitations that nobody has taken") }
        return (token.text, now + life)
    }

    // MARK: -

    private func change(
        _ name: ServerName, meeting: Bool = false, _ detail: String, action: String, voidsKeys: Bool = false,
        _ statements: [PostgresQuery]
    ) async throws(HomeError) {
        let now = time.now()
        let change = AuditedChange(actor: actor, action: action, subject: name.text, detail: detail)
        try await store.run(
            (meeting ? PeerStore.meeting(name) : []) + statements + [AuditLog.append(change, at: now)]
                + ControlStore.append(
                    PeerChange.kind, payload: PeerChange(of: name, voidsKeys: voidsKeys).payload, at: now))
    }

    private func known(_ name: ServerName) async throws(HomeError) -> Peer {
        guard let peer = try await peer(name) else {
            throw .notFound("no homeserver \(name) is known here; homeserver peer list shows those that are")
        }
        return peer
    }

    private func refuseOurselves(_ name: ServerName) throws(HomeError) {
        guard name != us else { throw .invalid(field: "name", problem: "is this homeserver's own") }
    }
}

extension PeerPolicy {
    /// The command that gives a peer this policy.
    fileprivate var action: String {
        switch self {
        case .allowed: "peer allow"
        case .limited: "peer limit"
        case .blocked: "peer block"
        case .pending: "peer remove"
        }
    }
}
