package import Home
import Wire

/// The durable lane to one peer as its worker sees it: what is acknowledged, what is in memory, what must be read.
///
/// A pure value inside the worker's `Mutex`. At most `Limits.peerEventsInMemory` events and `Limits.peerBytesInMemory`
/// bytes are held; what comes on top is only remembered by its number and read from the outbox when its turn comes.
package struct OutboundLane: Sendable {
    package enum Next: Sendable {
        /// Nothing is due.
        case idle
        /// So much is acknowledged and not recorded that sending waits for the database.
        case record
        /// Read the outbox: `after` is the last number that is known.
        case load(after: Int64, limit: Int)
        case send(TransactionBatch)
    }

    /// What the database is to be told.
    package struct Acknowledgement: Sendable, Equatable {
        package let through: Int64
        package let rejected: [RejectedEvent]
    }

    /// Why the lane cannot go on in its epoch: the worker begins a new one.
    package enum Alarm: String, Error, Sendable {
        case fork
        /// The peer acknowledged what was never sent: our database is older than what we said.
        case acknowledgedUnsent = "acknowledged_unsent"
        /// The peer asks for events that the outbox no longer has.
        case gap
    }

    /// Nil until the link has been read.
    private(set) var confirmed: Int64?
    private var recorded: Int64 = 0
    private var known: Int64 = 0
    private var events: [OutboxEvent] = []
    private var bytes = 0
    private var rejected: [RejectedEvent] = []
    /// Halved when the peer, or a proxy before it, says 413; kept, so that this is not learnt anew with every batch.
    private var batchBytes = Limits.transactionBytes
    private var mustLook = false
    /// Changes when what was read of the outbox is void: rows that were asked for before count for nothing.
    package private(set) var generation = 0

    package init() {}

    /// The last number in memory, or acknowledged when there is none.
    private var tail: Int64 { events.last?.seq ?? confirmed ?? 0 }

    /// Takes the positions of the link from the database.
    package mutating func open(acked: Int64, last: Int64) {
        confirmed = acked
        recorded = acked
        known = max(known, last)
        forget()
    }

    /// Takes the positions anew: a new epoch, or an operator's word. What was acknowledged and not recorded is asked for again.
    package mutating func reopen(acked: Int64, last: Int64) {
        confirmed = acked
        recorded = acked
        known = last
        rejected = []
        forget()
        mustLook = true
    }

    /// Rows have changed: what is in memory of them is read anew.
    package mutating func reread() {
        forget()
        mustLook = true
    }

    /// What was just committed, in order; kept when it continues what is in memory and there is room.
    package mutating func offer(_ fresh: some Sequence<OutboxEvent>) {
        for event in fresh {
            known = max(known, event.seq)
            guard confirmed != nil, event.seq == tail + 1, hasRoom(for: event) else { continue }
            events.append(event)
            bytes += event.json.count
        }
    }

    /// Something may have been committed without being offered: look into the outbox.
    package mutating func look() {
        mustLook = true
    }

    /// What the outbox has after the number that `next` named, in the `generation` that was then.
    package mutating func loaded(_ rows: [OutboxEvent], in generation: Int? = nil) throws(Alarm) {
        guard generation ?? self.generation == self.generation else { return }
        mustLook = false
        if let last = rows.last { known = max(known, last.seq) }
        for event in rows where event.seq > tail {
            guard event.seq == tail + 1 else {
                // What is before a hole is sent first.
                guard events.isEmpty else { return }
                throw .gap
            }
            guard events.isEmpty || hasRoom(for: event) else { return }
            events.append(event)
            bytes += event.json.count
        }
        if rows.isEmpty, known > tail { throw .gap }
    }

    package func next() -> Next {
        guard let confirmed else { return .idle }
        guard confirmed - recorded < Limits.unrecordedEvents else { return .record }
        if events.isEmpty {
            return mustLook || known > confirmed ? .load(after: confirmed, limit: Limits.peerEventsInMemory) : .idle
        }
        guard let batch = TransactionBatch(of: events, maxBytes: batchBytes) else {
            preconditionFailure("there is an event, so there is a batch")
        }
        return .send(batch)
    }

    /// The peer has committed everything through `ack`.
    package mutating func acknowledge(_ ack: Int64, rejected codes: [RejectedEvent]) throws(Alarm) {
        try check(received: ack)
        guard let before = confirmed, ack > before else { return }
        confirmed = ack
        rejected += codes.filter { $0.seq > before && $0.seq <= ack }
        let count = events.prefix { $0.seq <= ack }.count
        bytes -= events.prefix(count).reduce(0) { $0 + $1.json.count }
        events.removeFirst(count)
    }

    /// Whether the peer can have applied our lane as far as it says.
    package func check(received last: Int64) throws(Alarm) {
        guard last <= known else { throw .acknowledgedUnsent }
    }

    /// Whether an event was ever given this number, as far as is known here.
    package func has(_ seq: Int64) -> Bool { seq <= known }

    /// Whether something is not acknowledged.
    package var isBehind: Bool { known > confirmed ?? 0 }

    /// The peer misses events that we thought acknowledged: go back to them, if it is not ahead of what we have.
    package mutating func rewind(toExpect expected: Int64) throws(Alarm) {
        guard expected <= known + 1 else { throw .acknowledgedUnsent }
        confirmed = expected - 1
        forget()
        mustLook = true
    }

    /// The peer takes smaller requests only; false when a single event was already too large.
    package mutating func halve(_ batch: TransactionBatch) -> Bool {
        guard batch.last > batch.first else { return false }
        batchBytes = batch.body.count / 2
        return true
    }

    /// What is acknowledged and not yet recorded.
    package func unrecorded() -> Acknowledgement? {
        guard let confirmed, confirmed > recorded else { return nil }
        return Acknowledgement(through: confirmed, rejected: rejected.filter { $0.seq <= confirmed })
    }

    package mutating func record(_ acknowledgement: Acknowledgement) {
        recorded = max(recorded, acknowledgement.through)
        rejected.removeAll { $0.seq <= acknowledgement.through }
    }

    private func hasRoom(for event: OutboxEvent) -> Bool {
        events.count < Limits.peerEventsInMemory && bytes + event.json.count <= Limits.peerBytesInMemory
    }

    private mutating func forget() {
        events = []
        bytes = 0
        generation += 1
    }
}
