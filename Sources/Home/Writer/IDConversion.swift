import Wire

extension ID {
    /// The same sixteen bytes as an id of another kind: an event that carries a message or a request bears its id.
    init<Other>(_ other: ID<Other>) {
        self.init(high: other.high, low: other.low)
    }
}
