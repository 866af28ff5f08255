package import Wire

/// How long a homeserver's keys still last and what its operator is to do next; the command `keys status` shows it, and the
/// serving process logs it.
package struct KeysStatus: Equatable, Sendable {
    /// One thing that expires.
    package struct Term: Equatable, Sendable {
        package let name: String
        package let expires: Instant
        /// Whole days, rounded down; negative when it is over.
        package let daysLeft: Int64
        package let level: Finding.Level

        fileprivate init(_ name: String, expires: Instant, now: Instant) {
            self.name = name
            self.expires = expires
            let microseconds = (expires - now).wholeMicroseconds
            daysLeft = microseconds / 86_400_000_000 - (microseconds % 86_400_000_000 < 0 ? 1 : 0)
            level = now > expires ? .failure : daysLeft < KeysStatus.warningDays[0] ? .warning : .ok
        }

        package var isOver: Bool { level == .failure }

        /// 0 while all is well, 1 to 3 for each threshold that is passed, 4 when it is over.
        package var step: Int {
            isOver ? KeysStatus.warningDays.count + 1 : KeysStatus.warningDays.count { daysLeft < $0 }
        }

        fileprivate var line: String {
            if isOver { return "\(name) expired at \(expires)" }
            let within = KeysStatus.warningDays.last { daysLeft < $0 }.map { ": less than \($0) days" } ?? ""
            return "\(name) expires at \(expires), in \(daysLeft) days\(within)"
        }
    }

    /// Warned of from so many days before the end, in ever stronger steps.
    package static let warningDays: [Int64] = [30, 14, 7]

    package let server: ServerName
    package let version: Int64
    package let rootFingerprint: Fingerprint
    package let keyID: KeyID?
    package let keyset: Term
    /// Nil when no key is active.
    package let key: Term?
    package let stagedID: KeyID?
    package let staged: Term?
    package let revoked: [KeyID]
    /// What the directories hold beside it; nil for who knows only the keyset.
    package let files: KeyFiles?

    package init(of keyset: Keyset, now: Instant, files: KeyFiles? = nil) {
        server = keyset.server
        version = keyset.version
        rootFingerprint = Fingerprint(of: keyset.root)
        keyID = keyset.activeKey?.id
        self.keyset = Term("keyset version \(keyset.version)", expires: keyset.expires, now: now)
        key = keyset.activeKey.map { Term("online key \($0.id)", expires: $0.notAfter, now: now) }
        stagedID = keyset.stagedKey(at: now)?.id
        staged = keyset.stagedKey(at: now).map { Term("staged key \($0.id)", expires: $0.notAfter, now: now) }
        revoked = keyset.revoked.sorted()
        self.files = files
    }

    package var level: Finding.Level {
        guard let key else { return .failure }
        return max(keyset.level, key.level)
    }

    /// What to do next, a line each; empty when there is nothing.
    package var steps: [String] {
        var steps: [String] = []
        if level != .ok {
            steps.append(
                files?.isRootHere == false
                    ? "homeserver keys export --stage --to FILE, sign FILE where the root is (homeserver keys renew), and "
                        + "homeserver keys verify --install what comes back"
                    : "homeserver keys renew")
        }
        if let stagedID, level == .ok { steps.append("homeserver keys activate, when \(stagedID) is to sign") }
        return steps + (files?.steps ?? [])
    }

    /// For people.
    package var lines: [String] {
        var lines = [
            "keys of \(server): \(level.rawValue)", "root fingerprint \(rootFingerprint)", keyset.line,
            key?.line ?? "no online key is active",
        ]
        if let staged { lines.append(staged.line) }
        if !revoked.isEmpty { lines.append("revoked: \(revoked.map(\.text).joined(separator: " "))") }
        lines += files?.lines ?? []
        return lines + steps.map { "next: \($0)" }
    }
}

/// For programs: `keys status --json`.
extension KeysStatus: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server", server)
        writer.field("level", level.rawValue)
        writer.field("root_fingerprint", rootFingerprint.text)
        writer.key("keyset")
        writer.beginObject()
        writer.field("version", version)
        write(keyset, to: &writer)
        writer.endObject()
        write("key", keyID, key, to: &writer)
        write("staged", stagedID, staged, to: &writer)
        writer.field("revoked", revoked.map(\.text))
        writer.field("root_is_here", files?.isRootHere)
        writer.field("next", steps)
        writer.endObject()
    }

    private func write(_ name: StaticString, _ id: KeyID?, _ term: Term?, to writer: inout JSONWriter) {
        guard let term else { return }
        writer.key(name)
        writer.beginObject()
        writer.field("id", id?.text)
        write(term, to: &writer)
        writer.endObject()
    }

    private func write(_ term: Term, to writer: inout JSONWriter) {
        writer.field("expires", term.expires)
        writer.field("days_left", term.daysLeft)
        writer.field("level", term.level.rawValue)
    }
}
