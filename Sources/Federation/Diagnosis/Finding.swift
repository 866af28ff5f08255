package import Wire

/// One thing that was looked at, and what to do about it: a line of `peer test` and of `doctor`.
package struct Finding: Sendable, Equatable {
    /// Of keys and certificates too.
    package enum Level: String, Sendable, Comparable {
        case ok, warning, failure

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

    /// What was looked at, in a word.
    package let subject: String
    package let level: Level
    /// For programs: `ok`, or a word for the cause.
    package let code: String
    /// What was seen: one line.
    package let seen: String
    /// What to do about it, one line; nil when there is nothing to do.
    package let fix: String?

    package static func ok(_ subject: String, _ seen: String) -> Finding {
        Finding(subject: subject, level: .ok, code: "ok", seen: seen, fix: nil)
    }

    package static func warning(_ subject: String, _ code: String, _ seen: String, fix: String) -> Finding {
        Finding(subject: subject, level: .warning, code: code, seen: seen, fix: fix)
    }

    package static func failure(_ subject: String, _ code: String, _ seen: String, fix: String) -> Finding {
        Finding(subject: subject, level: .failure, code: code, seen: seen, fix: fix)
    }

    /// Texts may quote what a stranger has written: what is not printable ASCII is not shown, and nothing is endless.
    private init(subject: String, level: Level, code: String, seen: String, fix: String?) {
        self.subject = subject
        self.level = level
        self.code = code
        self.seen = PlainText.line(seen, atMost: 500)
        self.fix = fix.map { PlainText.line($0, atMost: 500) }
    }

    /// For people: one line, and one more for what to do.
    package var lines: [String] {
        let word =
            switch level {
            case .ok: "ok  "
            case .warning: "warn"
            case .failure: "FAIL"
            }
        let padded = subject + String(repeating: " ", count: max(0, 12 - subject.count))
        return ["\(word)  \(padded)  \(seen)"] + (fix.map { ["      do: \($0)"] } ?? [])
    }
}

extension Finding: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("subject", subject)
        writer.field("level", level.rawValue)
        writer.field("code", code)
        writer.field("seen", seen)
        writer.field("fix", fix)
        writer.endObject()
    }
}
