package import Home
import Wire

/// Some contiguous events of one lane as the body of one request, made by joining bytes that are JSON already.
package struct TransactionBatch: Sendable {
    package let first: Int64
    package let last: Int64
    package let body: [UInt8]

    private static let opening = Array(#"{"v":1,"events":["#.utf8)
    private static let closing = Array("]}".utf8)

    /// As many of the first events as fit into `maxEvents` and `maxBytes`, one at least; nil when there is none.
    package init?(
        of events: some Collection<OutboxEvent>, maxEvents: Int = Limits.transactionEvents,
        maxBytes: Int = Limits.transactionBytes
    ) {
        guard let first = events.first else { return nil }
        var size = TransactionBatch.opening.count + TransactionBatch.closing.count
        var count = 0
        for event in events {
            let added = event.json.count + (count > 0 ? 1 : 0)
            guard count == 0 || (count < maxEvents && size + added <= maxBytes) else { break }
            size += added
            count += 1
        }
        var body: [UInt8] = []
        body.reserveCapacity(size)
        body += TransactionBatch.opening
        var last = first.seq
        for (index, event) in events.prefix(count).enumerated() {
            if index > 0 { body.append(UInt8(ascii: ",")) }
            body += event.json
            last = event.seq
        }
        body += TransactionBatch.closing
        self.first = first.seq
        self.last = last
        self.body = body
    }
}
