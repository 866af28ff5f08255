import Synchronization
package import Wire

/// The unused WebSocket tickets; `issueTicket` and `redeem(ticket:)` are its callers.
///
/// State: one bounded table and a list for each login, behind one `Mutex`; a restart voids all. A ticket works once within `Limits.ticketLife`.
/// A login holds at most `AccountLimits.ticketsPerLogin`, one more voids its oldest; beyond `AccountLimits.tickets` of all
/// logins together none is issued.
package final class SocketTickets: Sendable {
    private struct State {
        var tickets: BoundedTable<SecretToken.Hash, Login>
        var ofLogin: [LoginID: [SecretToken.Hash]] = [:]
    }

    private let time: any TimeSource
    private let state: Mutex<State>

    package init(time: any TimeSource, capacity: Int = AccountLimits.tickets) {
        self.time = time
        state = Mutex(State(tickets: BoundedTable(capacity: capacity)))
    }

    func issue(for login: Login) throws(HomeError) -> (ticket: String, expiresAt: Instant) {
        let (now, monotonic) = (time.now(), time.monotonic())
        let token = SecretToken(.ticket)
        let isIssued = state.withLock { state in
            var own = (state.ofLogin[login.id] ?? []).filter { state.tickets.value(of: $0, at: monotonic) != nil }
            if own.count >= AccountLimits.ticketsPerLogin {
                state.tickets.remove(own.removeFirst(), at: monotonic)
            }
            if !state.tickets.hasRoom(at: monotonic) { return false }
            // `hasRoom` drops what has expired only when the table is full; the lists of logins are swept with it.
            if state.ofLogin.count > state.tickets.capacity {
                state.ofLogin = state.ofLogin.filter { entry in
                    entry.value.contains { state.tickets.value(of: $0, at: monotonic) != nil }
                }
            }
            state.tickets.set(login, of: token.hash, until: monotonic + Limits.ticketLife, at: monotonic)
            state.ofLogin[login.id] = own + [token.hash]
            return true
        }
        guard isIssued else { throw .unavailable("too many tickets are waiting to be used") }
        return (token.text, now + Limits.ticketLife)
    }

    /// Uses a ticket up; nil when there is none or no longer.
    func redeem(_ text: String) -> Login? {
        guard let token = SecretToken(text, .ticket) else { return nil }
        let monotonic = time.monotonic()
        return state.withLock { state in
            guard let login = state.tickets.remove(token.hash, at: monotonic) else { return nil }
            let rest = (state.ofLogin[login.id] ?? []).filter { $0 != token.hash }
            state.ofLogin[login.id] = rest.isEmpty ? nil : rest
            return login
        }
    }

    /// Voids every ticket of these logins.
    func revoke(_ logins: [LoginID]) {
        let monotonic = time.monotonic()
        state.withLock { state in
            for login in logins {
                for hash in state.ofLogin.removeValue(forKey: login) ?? [] {
                    state.tickets.remove(hash, at: monotonic)
                }
            }
        }
    }
}
