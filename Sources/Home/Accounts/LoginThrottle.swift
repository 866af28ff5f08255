import Synchronization
package import Wire

/// The brute-force limits for passwords and the limits of registration; asked by `checkPassword` and `register` before any hashing.
///
/// State: five tables behind one `Mutex`, at most `keys` entries each, never persisted. An attempt is counted before it is made,
/// so that attempts sent at the same time cannot exceed a limit, and given back when the password was right. Four limits:
/// - a network (`ClientNetwork`), over all accounts: 20 at once, then 10 a minute;
/// - an account from one network: 5 free, then a delay of 2 s that doubles with every failure up to 15 min, until a success or a quiet hour;
/// - an account from all networks that it never signed in from, together: 50 at once, then 2 a minute;
/// - registration from one network: 20 at once, then 20 an hour.
///
/// Nobody can lock out an account's owner from elsewhere: the second limit holds for the attacker's own network alone, and the
/// third does not count networks from which the account holds a login or signed in within 30 days of this process's life. What remains:
/// an attacker in the owner's own network, and an owner who signs in from a new network during an attack from many. Sessions
/// that exist are never touched. Unknown names are counted exactly as known ones.
package final class LoginThrottle: Sendable {
    fileprivate struct Place: Hashable {
        let name: String
        let network: ClientNetwork
    }

    private struct State {
        var networks: AttemptBuckets<ClientNetwork>
        var places: AttemptDelays<Place>
        var strangers: AttemptBuckets<String>
        var registrations: AttemptBuckets<ClientNetwork>
        var known: BoundedTable<Place, Bool>
    }

    private static let knownFor = Duration.seconds(30 * 86_400)

    private let isEnabled: Bool
    private let time: any TimeSource
    private let state: Mutex<State>

    /// `isEnabled: false` is for load tests: everything is admitted.
    package init(isEnabled: Bool, time: any TimeSource, keys: Int = 16_384) {
        self.isEnabled = isEnabled
        self.time = time
        state = Mutex(
            State(
                networks: AttemptBuckets(burst: 20, interval: .seconds(6), keys: keys),
                places: AttemptDelays(
                    free: 5, first: .seconds(2), most: .seconds(900), quiet: .seconds(3600), keys: keys),
                strangers: AttemptBuckets(burst: 50, interval: .seconds(30), keys: keys),
                registrations: AttemptBuckets(burst: 20, interval: .seconds(180), keys: keys),
                known: BoundedTable(capacity: keys)
            ))
    }

    /// What one admitted attempt was counted in.
    struct Admission: Sendable {
        fileprivate let place: Place
        fileprivate let asStranger: Bool
    }

    /// Admits one attempt at the password of `name`, or throws `rateLimited`; `holdsLogin` says that the account has a login from there.
    func admit(_ name: String, from network: ClientNetwork, holdsLogin: Bool) throws(HomeError) -> Admission {
        let place = Place(name: name, network: network)
        guard isEnabled else { return Admission(place: place, asStranger: false) }
        let now = time.monotonic()
        let (asStranger, wait): (Bool, Duration?) = state.withLock { state in
            let asStranger = !holdsLogin && state.known.value(of: place, at: now) == nil
            let waits = [
                state.networks.wait(network, at: now), state.places.wait(place, at: now),
                asStranger ? state.strangers.wait(name, at: now) : nil,
            ]
            if let wait = waits.compactMap(\.self).max() { return (asStranger, wait) }
            state.networks.take(network, at: now)
            state.places.count(place, at: now)
            if asStranger { state.strangers.take(name, at: now) }
            return (asStranger, nil)
        }
        if let wait { throw .rateLimited(retryAfter: wait) }
        return Admission(place: place, asStranger: asStranger)
    }

    /// The admitted attempt had the right password: it is given back, and the network is known from now on.
    func succeeded(_ admission: Admission) {
        guard isEnabled else { return }
        let now = time.monotonic()
        let place = admission.place
        state.withLock { state in
            state.networks.giveBack(place.network, at: now)
            state.places.forget(place, at: now)
            if admission.asStranger { state.strangers.giveBack(place.name, at: now) }
            state.known.set(true, of: place, until: now + LoginThrottle.knownFor, at: now)
        }
    }

    /// The admitted attempt could not be made, for example because the hasher's queue is full: it does not count.
    func withdraw(_ admission: Admission) {
        guard isEnabled else { return }
        let now = time.monotonic()
        state.withLock { state in
            state.networks.giveBack(admission.place.network, at: now)
            state.places.uncount(admission.place, at: now)
            if admission.asStranger { state.strangers.giveBack(admission.place.name, at: now) }
        }
    }

    /// Admits one registration, or throws `rateLimited`.
    func admitRegistration(from network: ClientNetwork) throws(HomeError) {
        guard isEnabled else { return }
        let now = time.monotonic()
        let wait: Duration? = state.withLock { state in
            if let wait = state.registrations.wait(network, at: now) { return wait }
            state.registrations.take(network, at: now)
            return nil
        }
        if let wait { throw .rateLimited(retryAfter: wait) }
    }
}
