import Synchronization
package import Wire

/// The logins that were used lately, by their tokens' hashes, so that a request rarely costs a query; asked by `authenticate`.
///
/// State: two bounded tables behind one `Mutex`. An entry lives at most `AccountLimits.cachedLoginLife`. A revoked id is remembered for as
/// long and wins over the entry, so that nobody who read the database before the revocation can bring the login back.
package final class LoginCache: Sendable {
    private struct Entry {
        let login: Login
        var lastUsedAt: Instant
    }

    private struct State {
        var entries: BoundedTable<SecretToken.Hash, Entry>
        var revoked: BoundedTable<LoginID, Bool>
    }

    private let time: any TimeSource
    private let state: Mutex<State>

    package init(time: any TimeSource, capacity: Int = AccountLimits.cachedLogins) {
        self.time = time
        state = Mutex(State(entries: BoundedTable(capacity: capacity), revoked: BoundedTable(capacity: capacity)))
    }

    /// The login of a token, and whether its `last_used_at` is to be written now (true for one caller an hour).
    func find(_ hash: SecretToken.Hash) -> (login: Login, isUseDue: Bool)? {
        let (now, monotonic) = (time.now(), time.monotonic())
        return state.withLock { state in
            guard var entry = state.entries.value(of: hash, at: monotonic), entry.login.expiresAt > now,
                state.revoked.value(of: entry.login.id, at: monotonic) == nil
            else { return nil }
            let isUseDue = now - entry.lastUsedAt >= AccountLimits.lastUsedStep
            if isUseDue {
                entry.lastUsedAt = now
                state.entries.replace(entry, of: hash)
            }
            return (entry.login, isUseDue)
        }
    }

    func insert(_ login: Login, lastUsedAt: Instant, for hash: SecretToken.Hash) {
        let monotonic = time.monotonic()
        state.withLock { state in
            let entry = Entry(login: login, lastUsedAt: lastUsedAt)
            state.entries.set(entry, of: hash, until: monotonic + AccountLimits.cachedLoginLife, at: monotonic)
        }
    }

    func revoke(_ logins: [LoginID]) {
        let monotonic = time.monotonic()
        state.withLock { state in
            for login in logins {
                // Without room to remember every revocation nothing that is cached can be trusted.
                if !state.revoked.hasRoom(at: monotonic) { state.entries.removeAll() }
                // Twice as long as an entry, for a reader who was slow between the database and `insert`.
                let end = monotonic + AccountLimits.cachedLoginLife * 2
                state.revoked.set(true, of: login, until: end, at: monotonic)
            }
        }
    }

    /// Whether the login was revoked within the last ten minutes.
    func isRevoked(_ login: LoginID) -> Bool {
        let monotonic = time.monotonic()
        return state.withLock { $0.revoked.value(of: login, at: monotonic) != nil }
    }
}
