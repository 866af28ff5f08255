import Wire

/// An account whose password was just shown to be known, and the stored hash that showed it.
struct CheckedPassword: Sendable {
    let account: Account
    let hash: String
}

extension Home {
    /// The one place where a password is compared: limits, then the same work for every name; used by `login` and `changePassword`.
    ///
    /// SPEC: client-api, HTTP: the same answer and the same time for a wrong user and a wrong password. A name without a usable account is verified
    /// against a hash that nothing matches. (An account whose hash was made with older parameters answers in their time until its next login.)
    func checkPassword(
        _ password: String, of user: UserID, from network: ClientNetwork, field: String = "password"
    ) async throws(HomeError) -> CheckedPassword {
        try Credentials.checkLength(password, field: field)
        let found = try await AccountStore(database: database).credentials(of: user, network: network, at: time.now())
        let throttle = accountState.throttle
        let admission: LoginThrottle.Admission
        do {
            admission = try throttle.admit(user.local, from: network, holdsLogin: found?.holdsLoginThere ?? false)
        } catch {
            countAttempt("limited")
            throw error
        }
        let isRight: Bool
        do {
            isRight = try await accountState.hasher.verify(password, against: found?.passwordHash)
        } catch {
            throttle.withdraw(admission)
            throw error
        }
        guard isRight, let found, let hash = found.passwordHash else {
            countAttempt("wrong")
            throw .unauthorized
        }
        throttle.succeeded(admission)
        countAttempt("right")
        return CheckedPassword(account: Account(key: found.key, id: user, isAdmin: found.isAdmin), hash: hash)
    }

    /// For the operator's alert: an attack shows as `wrong` and `limited` rising together.
    private func countAttempt(_ outcome: String) {
        passwordAttempts.increment(outcome)
    }
}

private let passwordAttempts = CountersByValue("password_attempts", by: "outcome")
