import Synchronization
import Wire

/// Finds a user by address or key; every use case that names somebody else asks it first.
///
/// State: `Mutex`. An address keeps its key for ever, so what was found once stays true; at `maximumEntries` the cache starts anew.
final class UserDirectory: Sendable {
    static let maximumEntries = 100_000

    private struct Cache {
        var byAddress: [String: ResolvedUser] = [:]
        var byKey: [UserKey: ResolvedUser] = [:]
    }

    private let cache = Mutex(Cache())
    private let store: UserStore
    private let server: ServerName

    init(store: UserStore, server: ServerName) {
        self.store = store
        self.server = server
    }

    /// The user with this address, or nil when nobody here has heard of him.
    ///
    /// - Parameter meeting: A peer's user, and the peer itself, are noted when they are new: somebody here is about to deal with them.
    func resolve(_ id: UserID, meeting: Bool = false) async throws(HomeError) -> ResolvedUser? {
        if let known = cache.withLock({ $0.byAddress[id.text] }) { return known }
        let isRemote = id.server != server
        let found: ResolvedUser?
        if let user = try await store.user(address: id) {
            found = user
        } else {
            found = meeting && isRemote ? try await store.meet(id) : nil
        }
        if let found { remember(found) }
        return found
    }

    func resolve(_ key: UserKey) async throws(HomeError) -> ResolvedUser? {
        if let known = cache.withLock({ $0.byKey[key] }) { return known }
        guard let found = try await store.user(key: key) else { return nil }
        remember(found)
        return found
    }

    private func remember(_ user: ResolvedUser) {
        cache.withLock { cache in
            if cache.byKey.count >= Self.maximumEntries { cache = Cache() }
            cache.byAddress[user.id.text] = user
            cache.byKey[user.key] = user
        }
    }
}
