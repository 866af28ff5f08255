/// Every limit of accounts and logins, with its unit in its name. Those of attempts stand with `LoginThrottle`.
package enum AccountLimits {
    // MARK: Names and passwords

    /// NIST SP 800-63B §5.1.1.1; Unicode code points.
    package static let passwordCodePointsAtLeast = 8
    package static let passwordCodePoints = 256
    /// UTF-8 bytes of a password, also when it is only compared.
    package static let passwordBytes = 1024
    /// Unicode code points of a login's label (`User-Agent`); a longer one is cut.
    package static let labelCodePoints = 200

    // MARK: Hashing

    /// Hashes at the same time, each of which holds 19 MiB.
    package static let hashThreads = 2
    /// Hashes that wait; one more is refused with `unavailable`.
    package static let hashesWaiting = 64

    // MARK: Logins and tickets

    /// Login sessions of one account; one more ends the one that was unused for longest.
    package static let loginsPerAccount = 100
    /// Logins that are remembered by their token's hash, and ids of revoked ones.
    package static let cachedLogins = 16_384
    /// After this a remembered login is read from the database again.
    package static let cachedLoginLife = Duration.seconds(300)
    /// `last_used_at` of a login is written at most this often.
    package static let lastUsedStep = Duration.seconds(3600)
    /// Tickets that one login may hold unused; one more voids its oldest.
    package static let ticketsPerLogin = 10
    /// Unused tickets of all logins; one more is refused with `unavailable`.
    package static let tickets = 65_536

    // MARK: Registration tokens

    package static let registrationTokenUses = 1_000_000
    package static let registrationTokenLife = Duration.seconds(10 * 365 * 86_400)

    // MARK: Commands of the CLI

    /// How often the running process looks for commands when no notification came.
    package static let controlPolling = Duration.seconds(2)
    /// Commands that one read takes.
    package static let controlBatch = 256
    /// How long a command is kept; a process that starts later reads the truth from the database anyway.
    package static let controlLife = Duration.seconds(86_400)
}
