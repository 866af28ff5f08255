import Wire

/// What is known of one local user's presence, and when others are told; a pure state machine, kept by `PresenceBoard` while he
/// has sockets or is still shown.
///
/// Choosing `invisible` or `offline` is made to look like closing the last socket: the same wait, the same last time.
struct PresenceStateMachine: Sendable {
    /// What others are to be told.
    enum Change: Sendable, Equatable {
        case online
        case offline(lastSeen: Instant)
    }

    /// Both clocks at once: waits are counted on the monotonic one, `lastSeen` is shown by the other.
    struct Moment: Sendable {
        let monotonic: Duration
        let wallClock: Instant
    }

    private(set) var sockets = 0
    /// Nil until the account has been read: until then nothing is shown.
    private(set) var status: OwnStatus?
    /// What others see.
    private(set) var isShown = false
    /// When he will be hidden, unless he comes back before.
    private(set) var hidesAt: Duration?
    private var leftAt: Instant?

    /// Whether nothing would be lost with it. Whose account has not been read may have a last time to note.
    var isForgettable: Bool { sockets == 0 && !isShown && status != nil }

    mutating func opened(at now: Moment) -> Change? {
        sockets += 1
        return settle(at: now)
    }

    /// - Parameter isLost: Nothing had been heard of the client for `Limits.silence`, so there is no more to wait for.
    mutating func closed(isLost: Bool, at now: Moment) -> Change? {
        sockets = max(0, sockets - 1)
        if sockets == 0, status == .offline { status = .online }
        if sockets == 0, status == nil { leftAt = now.wallClock - (isLost ? Limits.silence : .zero) }
        if isLost, sockets == 0, isShown, hidesAt == nil {
            leftAt = now.wallClock - Limits.silence
            hidesAt = now.monotonic
            return pass(at: now.monotonic)
        }
        return settle(at: now)
    }

    /// The account says whether he is invisible; a choice that was made since then counts.
    ///
    /// Who has left before that was never shown, but he was here.
    mutating func read(isInvisible: Bool, at now: Moment) -> Change? {
        guard status == nil else { return nil }
        status = isInvisible ? .invisible : .online
        if sockets == 0, status == .online, let leftAt { return .offline(lastSeen: leftAt.wholeMinute) }
        return settle(at: now)
    }

    mutating func choose(_ choice: OwnStatus, at now: Moment) -> Change? {
        status = choice
        return settle(at: now)
    }

    /// Time has passed.
    mutating func pass(at now: Duration) -> Change? {
        guard let at = hidesAt, at <= now else { return nil }
        hidesAt = nil
        isShown = false
        return .offline(lastSeen: (leftAt ?? Instant(seconds: 0)).wholeMinute)
    }

    private mutating func settle(at now: Moment) -> Change? {
        guard sockets > 0, status == .online else {
            if isShown, hidesAt == nil {
                hidesAt = now.monotonic + Limits.presenceGrace
                leftAt = now.wallClock
            }
            return nil
        }
        hidesAt = nil
        guard !isShown else { return nil }
        isShown = true
        return .online
    }
}

extension Instant {
    /// Rounded down to the minute, as a last time is shown.
    var wholeMinute: Instant { Instant(seconds: seconds - (seconds % 60 + 60) % 60) }
}
