package import Wire

/// How long a homeserver's keys still last; the command `keys status` shows it, and the serving process logs it.
package struct KeysStatus: Equatable, Sendable {
    package enum Level: String, Comparable, Sendable {
        case ok
        case warning
        case failure

        /// What a command ends with.
        package var exitCode: Int32 {
            switch self {
            case .ok: 0
            case .warning: 1
            case .failure: 2
            }
        }

        package static func < (left: Level, right: Level) -> Bool { left.exitCode < right.exitCode }
    }

    /// One thing that expires.
    package struct Term: Equatable, Sendable {
        package let name: String
        package let expires: Instant
        /// Whole days, rounded down; negative when it is over.
        package let daysLeft: Int64
        package let level: Level

        fileprivate init(_ name: String, expires: Instant, now: Instant) {
            self.name = name
            self.expires = expires
            let microseconds = (expires - now).wholeMicroseconds
            daysLeft = microseconds / 86_400_000_000 - (microseconds % 86_400_000_000 < 0 ? 1 : 0)
            level = now > expires ? .failure : daysLeft < KeysStatus.warningDays[0] ? .warning : .ok
        }

        fileprivate var line: String {
            if level == .failure { return "\(name) expired at \(expires)" }
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

    package init(of keyset: Keyset, now: Instant) {
        server = keyset.server
        version = keyset.version
        rootFingerprint = Fingerprint(of: keyset.root)
        keyID = keyset.activeKey?.id
        self.keyset = Term("keyset version \(keyset.version)", expires: keyset.expires, now: now)
        key = keyset.activeKey.map { Term("online key \($0.id)", expires: $0.notAfter, now: now) }
    }

    package var level: Level {
        guard let key else { return .failure }
        return max(keyset.level, key.level)
    }

    /// For people.
    package var lines: [String] {
        [
            "keys of \(server): \(level.rawValue)", "root fingerprint \(rootFingerprint)", keyset.line,
            key?.line ?? "no online key is active",
        ]
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
        if let key {
            writer.key("key")
            writer.beginObject()
            writer.field("id", keyID?.text)
            write(key, to: &writer)
            writer.endObject()
        }
        writer.endObject()
    }

    private func write(_ term: Term, to writer: inout JSONWriter) {
        writer.field("expires", term.expires)
        writer.field("days_left", term.daysLeft)
        writer.field("level", term.level.rawValue)
    }
}
