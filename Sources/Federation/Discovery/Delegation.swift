package import Wire

/// What `/.well-known/home-server` said: another host speaks for the name. Discovery fetches it, the listener serves it.
package struct Delegation: Sendable, Hashable {
    package let host: ServerName
    package let port: Int

    package init(host: ServerName, port: Int = 8448) {
        self.host = host
        self.port = port
    }

    /// Reads `{"v":1,"host":"h[:port]"}`; fields to come are ignored.
    package static func parse(_ body: [UInt8]) throws(FieldError) -> Delegation {
        guard body.count <= Limits.wellKnownBytes else {
            throw FieldError(field: "body", problem: "is longer than \(Limits.wellKnownBytes) bytes")
        }
        let document: JSON
        do throws(JSONError) {
            document = try JSON.parse(body)
        } catch {
            throw FieldError(field: "body", problem: error.description)
        }
        guard let object = document.object else { throw FieldError(field: "body", problem: "must be an object") }
        _ = try object.integer("v", in: 1...1)
        let text = try object.string("host", maxBytes: Limits.serverNameBytes + 6)
        guard let authority = HostAndPort(text) else {
            throw object.problem("host", "must be a server name, with a port or without")
        }
        let port = authority.port ?? 8448
        guard OutboundGuard.allows(port: port) else {
            throw object.problem("host", "has a port that is neither 443 nor above 1023")
        }
        return Delegation(host: authority.host, port: port)
    }

    /// `host:port`.
    package var text: String { "\(host):\(port)" }

    /// The body that says it.
    package var body: [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64)
        writer.beginObject()
        writer.field("v", 1)
        writer.field("host", text)
        writer.endObject()
        return writer.bytes
    }

    /// How long the answer is believed: its `max-age`, 5 minutes at least and 48 hours at most.
    package static func life(cacheControl: some Sequence<String>) -> Duration {
        var life = Limits.delegationDefault
        for field in cacheControl {
            for directive in field.split(separator: ",") {
                let words = directive.split(separator: "=", maxSplits: 1)
                guard let name = words.first.map({ $0.filter { $0 != " " }.lowercased() }) else { continue }
                if name == "no-store" || name == "no-cache" { return Limits.delegationLeast }
                if name == "max-age", words.count == 2, let seconds = Int64(words[1].filter { $0 != " " && $0 != "\"" })
                {
                    life = .seconds(max(0, min(seconds, Limits.delegationMost.components.seconds)))
                }
            }
        }
        return max(Limits.delegationLeast, min(life, Limits.delegationMost))
    }
}

/// The delegations seen so far, and for how long; a plain value inside actor `Discovery`.
///
/// At most `Limits.delegations` names: above it the ones that are outdated go, and if there are none, any.
struct DelegationCache {
    enum Answer: Equatable {
        /// Use it (nil: the name speaks for itself).
        case fresh(Delegation?)
        /// Ask again; if nobody answers, use this.
        case outdated(Delegation)
        case unknown
    }

    private struct Entry {
        let delegation: Delegation?
        let seenAt: Duration
        let freshUntil: Duration
    }

    private var entries: [ServerName: Entry] = [:]

    func answer(for name: ServerName, now: Duration) -> Answer {
        guard let entry = entries[name] else { return .unknown }
        if now < entry.freshUntil { return .fresh(entry.delegation) }
        guard let delegation = entry.delegation, now - entry.seenAt < Limits.delegationMost else { return .unknown }
        return .outdated(delegation)
    }

    mutating func store(_ delegation: Delegation?, for name: ServerName, life: Duration, now: Duration) {
        makeRoom(now: now)
        entries[name] = Entry(delegation: delegation, seenAt: now, freshUntil: now + life)
    }

    /// Nobody answered: what was known is used for a while before the next try, and keeps its age.
    mutating func retryLater(_ name: ServerName, now: Duration) {
        guard let entry = entries[name], entry.delegation != nil, now - entry.seenAt < Limits.delegationMost else {
            return store(nil, for: name, life: Limits.noDelegation, now: now)
        }
        entries[name] = Entry(
            delegation: entry.delegation, seenAt: entry.seenAt, freshUntil: now + Limits.noDelegation)
    }

    private mutating func makeRoom(now: Duration) {
        guard entries.count >= Limits.delegations else { return }
        entries = entries.filter { $0.value.freshUntil > now }
        while entries.count >= Limits.delegations, let any = entries.keys.first { entries[any] = nil }
    }
}
