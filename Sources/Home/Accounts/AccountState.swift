package import Wire

/// What accounts keep in memory, held by `Home` as `accountState`; each part guards its own state.
package final class AccountState: Sendable {
    let hasher: PasswordHasher
    let throttle: LoginThrottle
    let cache: LoginCache
    let tickets: SocketTickets

    package init(settings: HomeSettings, time: any TimeSource) {
        hasher = PasswordHasher()
        throttle = LoginThrottle(isEnabled: settings.limitsEnabled, time: time)
        cache = LoginCache(time: time)
        tickets = SocketTickets(time: time)
    }

    /// These logins end now: nothing that is remembered may admit them.
    func revoke(_ logins: [LoginID]) {
        cache.revoke(logins)
        tickets.revoke(logins)
    }
}
