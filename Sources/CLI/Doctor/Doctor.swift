import Certificates
import Federation
import Home
import Logging
import Postgres
import Wire

/// Looks at one part of the homeserver after the other; the command `doctor` runs it.
struct Doctor {
    let settings: Settings
    let rules: LinkRules
    let address: Delegation
    let time: any TimeSource

    func run(_ trail: FindingTrail) async {
        let database = await lookAtDatabase(trail)
        lookAtDisk(database?.health, trail)
        let keys = lookAtKeys(trail)
        for finding in await clocks(database) { trail.add(finding) }
        let certificate = lookAtCertificates(trail)
        lookAtWebClient(trail)
        guard database?.health.isServed ?? true else {
            trail.add(
                .failure(
                    "serving", "not_running", "no homeserver process serves this database",
                    fix: "start homeserver serve (its log says why it ended); the listeners are not looked at"))
            return
        }
        trail.add(await ClientListenerCheck(client: settings.client).run())
        if let keys, let certificate {
            await OwnAddressCheck(keys: keys, address: address, certificate: certificate, rules: rules).run(trail)
        }
        lookAtLinks(database?.links ?? [], trail)
    }

    // MARK: The database

    private struct Database {
        let health: DatabaseHealth
        /// When it was asked for the time, and when it had answered.
        let asked: ClosedRange<Instant>
        let links: [PeerOverview]
    }

    private func lookAtDatabase(_ trail: FindingTrail) async -> Database? {
        do {
            return try await withDatabase(settings.postgres.alone) { client in
                guard !trail.add(try await schema(client)) else { return nil }
                let before = time.now()
                let health = try await DatabaseHealthStore(database: client).read()
                let after = max(before, time.now())
                trail.add(database(health))
                return Database(
                    health: health, asked: before...after,
                    links: try await PeerAdministration(
                        database: client, us: settings.name, actor: Operator.current.name
                    ).list())
            }
        } catch {
            trail.add(
                .failure(
                    "database", "unreachable",
                    "\((error as? HomeError).map { CommandFailure($0).description } ?? "\(error)")",
                    fix: "see that PostgreSQL runs and that database.url leads to it with the right role"))
            return nil
        }
    }

    private func schema(_ client: PostgresClient) async throws -> Finding {
        do {
            let state = try await schemaState(client, migrations: Schema.migrations)
            guard !state.isCurrent else { return .ok("schema", "\(state.applied.count) migrations, none pending") }
            return .failure(
                "schema", "old",
                "\(state.pending.count) migrations are pending: \(state.pending.joined(separator: ", "))",
                fix: "stop the homeserver, make a backup, run homeserver migrate")
        } catch let error as MigrationError {
            return .failure(
                "schema", "other", "\(error)", fix: "use the newest program; never run an older one on a newer database"
            )
        }
    }

    private func database(_ health: DatabaseHealth) -> Finding {
        let version = "\(health.version / 10_000).\(health.version % 10_000)"
        let free = health.maximumConnections - health.connections
        let seen =
            "PostgreSQL \(version), \(health.bytes >> 20) MiB, \(health.connections) of "
            + "\(health.maximumConnections) connections in use, \(health.isServed ? "served" : "not served")"
        // The homeserver keeps one for its Writer, one for its lock and one that listens, besides the shared ones.
        let wanted = health.isServed ? 5 : Int64(settings.database.connections) + 5
        if health.version < 150_000 {
            return .failure("database", "too_old", seen, fix: "PostgreSQL 15 is the oldest that is tested: upgrade it")
        }
        guard free >= wanted else {
            return .warning(
                "database", "few_connections", seen,
                fix: "raise max_connections of PostgreSQL, or lower database.connections")
        }
        return .ok("database", seen)
    }

    // MARK: Disk, keys, clock

    private func lookAtDisk(_ health: DatabaseHealth?, _ trail: FindingTrail) {
        // A container's own PostgreSQL has its directory where we do not see it.
        if let path = health?.dataDirectory, DiskCheck.exists(path) {
            trail.add(DiskCheck.finding("the database", path: path))
        }
        if settings.federation.mode != .closed { trail.add(DiskCheck.finding("keys", path: settings.keysDirectory)) }
    }

    private func lookAtKeys(_ trail: FindingTrail) -> LocalKeys? {
        guard settings.federation.mode != .closed else { return nil }
        do {
            let keys = try settings.openKeys()
            let status = KeysStatus(of: keys.keyset.keyset, now: time.now())
            let seen = status.lines.dropFirst().joined(separator: "; ")
            switch status.level {
            case .ok: trail.add(.ok("keys", seen))
            case .warning: trail.add(.warning("keys", "expire_soon", seen, fix: "homeserver keys renew"))
            case .failure: trail.add(.failure("keys", "expired", seen, fix: "homeserver keys renew; do it now"))
            }
            return keys
        } catch {
            trail.add(
                .failure("keys", "unusable", "\(error)", fix: "mend what is named; homeserver keys status tries again"))
            return nil
        }
    }

    private func clocks(_ database: Database?) async -> [Finding] {
        guard let database else { return [] }
        let range = database.asked
        let now = database.health.now
        let difference: Duration =
            now < range.lowerBound ? now - range.lowerBound : now > range.upperBound ? now - range.upperBound : .zero
        let ofDatabase = ClockCheck.finding(difference, of: "the clock of the database")
        guard settings.federation.mode != .closed else { return [ofDatabase] }
        return [ofDatabase] + (await PeerClocks(rules: rules).run(database.links.map(\.peer)))
    }

    // MARK: Certificates, web client, links

    /// The one that peers are shown, when it can be used.
    private func lookAtCertificates(_ trail: FindingTrail) -> Certificate? {
        if let files = settings.client.tls, let host = ServerName(clientHost) {
            _ = lookAtCertificate(files, of: "client", host: host, trail)
        }
        guard settings.federation.mode != .closed, let files = settings.federation.tls else { return nil }
        return lookAtCertificate(files, of: "federation", host: address.host, trail)
    }

    private func lookAtCertificate(
        _ files: Settings.TLSFiles, of listener: String, host: ServerName, _ trail: FindingTrail
    ) -> Certificate? {
        do throws(SettingsError) {
            let chain = try ServedCertificate(files, listener: listener).chain
            let judgement = CertificateJudgement(of: chain, host: host, trust: .system, now: time.now())
            if case .unknownAuthority? = judgement.fault, chain[0].issuer.hasPrefix(LocalAuthority.namePrefix) {
                trail.add(.localCertificate(judgement))
            } else {
                trail.add(.certificate(judgement, of: chain[0], host: host, isOurs: true))
            }
            return chain[0]
        } catch {
            trail.add(
                .failure("certificate", "unusable", error.description, fix: "mend the files; a pair is taken up whole"))
            return nil
        }
    }

    /// Of client.url.
    private var clientHost: String {
        let rest = settings.client.url.split(separator: "/").last ?? ""
        return String(rest.split(separator: ":").first ?? "")
    }

    private func lookAtWebClient(_ trail: FindingTrail) {
        guard settings.web.isServed else { return }
        do {
            _ = try settings.openWebClient(logger: Logger(label: "doctor"))
            trail.add(.ok("web client", "its files are whole"))
        } catch {
            trail.add(
                .failure("web client", "unusable", "\(error)", fix: "install the program again, or set web.directory"))
        }
    }

    private func lookAtLinks(_ links: [PeerOverview], _ trail: FindingTrail) {
        for entry in links {
            let peer = entry.peer
            if let alarm = PeerAlarmCheck.finding(of: entry) { trail.add(alarm) }
            guard let link = entry.link else { continue }
            if let stopped = link.stopped {
                trail.add(
                    .failure(
                        "link", "stopped", "the lane to \(peer.name) is stopped: \(stopped)",
                        fix: "homeserver peer test \(peer.name), then homeserver peer retry \(peer.name)"))
            } else if link.attempts > 0 {
                trail.add(
                    .warning(
                        "link", "failing",
                        "\(peer.name) was not reached \(link.attempts) times, \(link.waitingEvents) events wait",
                        fix: "homeserver peer test \(peer.name)"))
            }
        }
    }
}
