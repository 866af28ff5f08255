package import Wire

/// What a keyset says that the one before it did not; commands that change keys show it and record it.
package struct KeysetDifference: Equatable, Sendable {
    package let new: Keyset
    /// The keys that are new or have another state.
    package let keys: [KeysetKey]
    private let isNewRoot: Bool
    private let isSame: Bool

    package init(from old: SignedKeyset, to new: SignedKeyset) {
        self.new = new.keyset
        keys = new.keyset.keys.filter { old.keyset.key($0.id)?.state != $0.state }
        isNewRoot = new.keyset.root != old.keyset.root
        isSame = new.sha256 == old.sha256
    }

    /// Both are the same keyset.
    package var isEmpty: Bool { isSame }

    /// For people.
    package var lines: [String] {
        var lines = ["keyset version \(new.version) of \(new.server), good until \(new.expires)"]
        if isNewRoot { lines.append("root fingerprint \(Fingerprint(of: new.root)), new") }
        return lines + keys.map { "key \($0.id) is \($0.state.rawValue)\(KeysetDifference.end(of: $0))" }
    }

    /// For the audit log, in one line.
    package var summary: String {
        (["version=\(new.version)"] + (isNewRoot ? ["root=\(Fingerprint(of: new.root))"] : [])
            + keys.map { "\($0.state.rawValue)=\($0.id)" }).joined(separator: " ")
    }

    private static func end(of key: KeysetKey) -> String {
        switch key.state {
        case .next, .active: ", good until \(key.notAfter)"
        case .retired: ", believed until \(key.notAfter)"
        case .revoked: " since \(key.revokedAt ?? key.notBefore)"
        }
    }
}

extension KeysetDifference: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("server", new.server)
        writer.field("version", new.version)
        writer.field("expires", new.expires)
        writer.field("root_fingerprint", Fingerprint(of: new.root).text)
        writer.key("changed")
        writer.beginArray()
        for key in keys {
            writer.beginObject()
            writer.field("id", key.id.text)
            writer.field("state", key.state.rawValue)
            writer.field("not_after", key.notAfter)
            writer.field("revoked_at", key.revokedAt)
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}
