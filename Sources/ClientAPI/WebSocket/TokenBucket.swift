/// How fast a user may do one kind of thing: `burst` at once, then `perSecond`.
struct RateRule: Sendable, Equatable {
    let burst: Double
    let perSecond: Double

    /// The same rule for somebody who pays no heed to it.
    func times(_ factor: Double) -> RateRule {
        RateRule(burst: burst * factor, perSecond: perSecond * factor)
    }
}

/// One user's allowance under one rule; time is given in, never asked for.
struct TokenBucket: Sendable, Equatable {
    private var tokens: Double
    private var updated: Duration

    init(_ rule: RateRule, at now: Duration) {
        tokens = rule.burst
        updated = now
    }

    /// Takes one token; nil when there was one, otherwise how long until there is.
    mutating func take(_ rule: RateRule, at now: Duration) -> Duration? {
        refill(rule, at: now)
        guard tokens < 1 else {
            tokens -= 1
            return nil
        }
        return .milliseconds(Int64(((1 - tokens) / rule.perSecond * 1000).rounded(.up)))
    }

    /// Whether nothing would be lost by forgetting this bucket.
    mutating func isFull(_ rule: RateRule, at now: Duration) -> Bool {
        refill(rule, at: now)
        return tokens >= rule.burst
    }

    private mutating func refill(_ rule: RateRule, at now: Duration) {
        let elapsed = now - updated
        guard elapsed > .zero else { return }
        updated = now
        let seconds = Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) * 1e-18
        tokens = min(rule.burst, tokens + seconds * rule.perSecond)
    }
}
