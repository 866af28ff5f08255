package import Sodium
package import Wire

/// A serving homeserver's own keys: what signs its requests and answers, and what it shows to peers.
package struct LocalKeys: Sendable {
    package let server: ServerName
    package let signingKey: Ed25519.SigningKey
    package let keyset: SignedKeyset

    package var keyID: KeyID { KeyID(of: signingKey.publicKey) }
    package var root: Ed25519.PublicKey { keyset.keyset.root }

    /// The body of `GET /federation/v1/keys`, its freshness signed for `now`.
    package func document(at now: Instant) -> [UInt8] {
        KeysDocument(keyset, at: now, signedBy: signingKey).bytes
    }
}

/// Opens a homeserver's keys when it starts, and checks that they belong together.
package struct LoadKeys: Sendable {
    private let server: ServerName

    package init(server: ServerName) {
        self.server = server
    }

    /// Works for about 0.2 s. An expired keyset or key loads too: `KeysStatus` says so, and local users are not to suffer.
    package func run(from directory: KeyDirectory) throws(KeysProblem) -> LocalKeys {
        let keyset = try directory.loadKeyset(of: server)
        let path = directory.keys.path(of: KeyDirectory.keysetName)
        guard let active = keyset.keyset.activeKey else { throw .invalid(path: path, problem: "keys: none is active") }
        return LocalKeys(server: server, signingKey: try directory.loadOnlineKey(active.publicKey), keyset: keyset)
    }
}
