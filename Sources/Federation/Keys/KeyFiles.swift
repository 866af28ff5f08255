import Wire

/// What the keys' directories hold beside the keyset, as `keys status` tells it: where the root is, and what may go.
package struct KeyFiles: Equatable, Sendable {
    package let isRootHere: Bool
    /// Files that nothing needs any more, or that a command which was interrupted has left.
    private let leftOver: [String]
    /// Online keys that no keyset has: made for one that is still to be signed elsewhere, or left over.
    private let unpublished: [String]
    private let oldRoots: [String]

    package init(in directory: KeyDirectory, of signed: SignedKeyset) throws(KeysProblem) {
        let names: [String]
        let secrets: [String]
        do throws(KeyFileProblem) {
            names = try directory.keys.names()
            secrets = try directory.secrets.names()
        } catch {
            throw .file(error)
        }
        let roots = names.filter { KeyDirectory.isRootName($0) }
        let current = KeyDirectory.rootName(of: signed, among: roots)
        isRootHere = roots.contains(current)
        oldRoots = roots.filter { $0 != current }.map(directory.keys.path(of:))
        var leftOver: [String] = []
        var unpublished: [String] = []
        for (place, names) in [(directory.keys, names), (directory.secrets, secrets)] {
            for name in names {
                if name.hasPrefix("."), name.hasSuffix(".new") { leftOver.append(place.path(of: name)) }
                guard let id = KeyDirectory.onlineID(inName: name) else { continue }
                switch signed.keyset.key(id)?.state {
                case .retired, .revoked: leftOver.append(place.path(of: name))
                case nil: unpublished.append(place.path(of: name))
                case .active, .next: break
                }
            }
        }
        self.leftOver = leftOver
        self.unpublished = unpublished
    }

    var lines: [String] {
        (isRootHere ? ["the root key is here"] : ["the root key is not here"])
            + unpublished.map { "\($0) is of a key that no keyset has: not signed yet, or left over" }
            + oldRoots.map { "\($0) is of an earlier root" }
    }

    var steps: [String] { leftOver.map { "rm \($0), which nothing needs any more" } }
}
