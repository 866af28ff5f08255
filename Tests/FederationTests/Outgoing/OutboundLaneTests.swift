import Home
import Testing
import Wire

@testable import Federation

/// The lane to one peer: what is sent, read, acknowledged and recorded, and when it stops.
struct OutboundLaneTests {
    private let server: ServerName

    init() throws {
        server = try #require(ServerName("b.example"))
    }

    private func event(_ seq: Int64, bytes: Int = 20) -> OutboxEvent {
        var json = Array("{\"seq\":\(seq)}".utf8)
        json += Array(repeating: UInt8(ascii: " "), count: max(0, bytes - json.count))
        return OutboxEvent(peer: PeerKey(1), server: server, seq: seq, json: json, createdAt: Instant(seconds: 0))
    }

    private func events(_ range: ClosedRange<Int64>) -> [OutboxEvent] { range.map { event($0) } }

    private func opened(acked: Int64 = 0, last: Int64 = 0) -> OutboundLane {
        var lane = OutboundLane()
        lane.open(acked: acked, last: last)
        return lane
    }

    private func described(_ next: OutboundLane.Next) -> String {
        switch next {
        case .idle: "idle"
        case .record: "record"
        case .load(let after, _): "load after \(after)"
        case .send(let batch): "send \(batch.first)-\(batch.last)"
        }
    }

    @Test func `nothing happens before the link is read`() {
        var lane = OutboundLane()
        lane.offer(events(1...3))
        #expect(described(lane.next()) == "idle")
        lane.open(acked: 0, last: 2)
        #expect(described(lane.next()) == "load after 0")
    }

    @Test func `what was just committed is sent without a read`() throws {
        var lane = opened()
        #expect(described(lane.next()) == "idle")
        lane.offer(events(1...3))
        #expect(described(lane.next()) == "send 1-3")
        try lane.acknowledge(3, rejected: [])
        #expect(described(lane.next()) == "idle")
    }

    @Test func `what comes while a request is under way goes in the next one, all of it`() throws {
        var lane = opened()
        lane.offer(events(1...1))
        #expect(described(lane.next()) == "send 1-1")
        lane.offer(events(2...60))
        try lane.acknowledge(1, rejected: [])
        #expect(described(lane.next()) == "send 2-60")
    }

    @Test func `a request has at most 100 events`() throws {
        var lane = opened()
        lane.offer(events(1...256))
        #expect(described(lane.next()) == "send 1-100")
        try lane.acknowledge(100, rejected: [])
        #expect(described(lane.next()) == "send 101-200")
    }

    @Test func `above 256 events the rest is read when its turn comes, and nothing is skipped`() throws {
        var lane = opened()
        lane.offer(events(1...300))
        try lane.acknowledge(256, rejected: [])
        lane.offer(events(301...310))
        #expect(described(lane.next()) == "load after 256")
        try lane.loaded(events(257...310))
        lane.offer(events(311...311))
        #expect(described(lane.next()) == "send 257-311")
    }

    @Test func `events after a restart are read from the outbox`() throws {
        var lane = opened(acked: 40, last: 42)
        #expect(described(lane.next()) == "load after 40")
        try lane.loaded(events(41...42))
        #expect(described(lane.next()) == "send 41-42")
    }

    @Test func `after a commit of which nobody was told the outbox is read`() throws {
        var lane = opened()
        lane.look()
        #expect(described(lane.next()) == "load after 0")
        try lane.loaded([])
        #expect(described(lane.next()) == "idle")
        lane.look()
        try lane.loaded(events(1...2))
        #expect(described(lane.next()) == "send 1-2")
    }

    @Test func `a hole in the outbox is an alarm`() throws {
        var lane = opened(acked: 4, last: 9)
        #expect(throws: OutboundLane.Alarm.gap) { try lane.loaded(events(6...9)) }
        var later = opened(acked: 4, last: 9)
        try later.loaded(events(5...6) + events(8...9))
        #expect(described(later.next()) == "send 5-6", "what is before the hole is sent first")
        var empty = opened(acked: 4, last: 9)
        #expect(throws: OutboundLane.Alarm.gap) { try empty.loaded([]) }
    }

    @Test func `rows that were asked for before the outbox changed count for nothing`() throws {
        var lane = opened(last: 3)
        let before = lane.generation
        lane.reread()
        try lane.loaded(events(1...3), in: before)
        #expect(described(lane.next()) == "load after 0")
        try lane.loaded(events(1...3), in: lane.generation)
        #expect(described(lane.next()) == "send 1-3")
    }

    @Test func `a lane that begins anew forgets what it knew`() throws {
        var lane = opened()
        lane.offer(events(1...9))
        try lane.acknowledge(5, rejected: [RejectedEvent(seq: 2, code: "invalid")])
        lane.reopen(acked: 2, last: 4)
        #expect(lane.unrecorded() == nil && !lane.has(5))
        #expect(described(lane.next()) == "load after 2")
        try lane.loaded(events(3...4))
        #expect(described(lane.next()) == "send 3-4")
    }

    @Test func `a part that is acknowledged is not sent again`() throws {
        var lane = opened()
        lane.offer(events(1...10))
        try lane.acknowledge(4, rejected: [])
        #expect(described(lane.next()) == "send 5-10")
    }

    @Test func `an acknowledgement of what was never sent is an alarm`() {
        var lane = opened()
        lane.offer(events(1...3))
        #expect(throws: OutboundLane.Alarm.acknowledgedUnsent) { try lane.acknowledge(4, rejected: []) }
        #expect(throws: OutboundLane.Alarm.acknowledgedUnsent) { try lane.check(received: 4) }
        #expect(throws: OutboundLane.Alarm.acknowledgedUnsent) { try lane.rewind(toExpect: 5) }
    }

    @Test func `a gap goes back to what the peer expects`() throws {
        var lane = opened(acked: 8, last: 8)
        lane.offer(events(9...10))
        try lane.rewind(toExpect: 6)
        #expect(described(lane.next()) == "load after 5")
        try lane.loaded(events(6...10))
        #expect(described(lane.next()) == "send 6-10")
        #expect(lane.unrecorded() == nil)
        try lane.acknowledge(10, rejected: [])
        #expect(lane.unrecorded()?.through == 10)
    }

    @Test func `acknowledgements are recorded together, with the codes of what was rejected`() throws {
        var lane = opened()
        lane.offer(events(1...9))
        try lane.acknowledge(3, rejected: [RejectedEvent(seq: 2, code: "invalid")])
        try lane.acknowledge(6, rejected: [RejectedEvent(seq: 5, code: "not_found")])
        let due = try #require(lane.unrecorded())
        #expect(due.through == 6)
        #expect(due.rejected.map(\.seq) == [2, 5])
        try lane.acknowledge(9, rejected: [RejectedEvent(seq: 9, code: "invalid"), RejectedEvent(seq: 3, code: "old")])
        lane.record(due)
        #expect(lane.unrecorded() == .init(through: 9, rejected: [RejectedEvent(seq: 9, code: "invalid")]))
        lane.record(try #require(lane.unrecorded()))
        #expect(lane.unrecorded() == nil)
    }

    @Test func `sending waits when the database is far behind`() throws {
        var lane = opened(last: 2000)
        for first in stride(from: Int64(1), to: 1001, by: 100) {
            try lane.loaded(events(first...first + 99))
            try lane.acknowledge(first + 99, rejected: [])
        }
        #expect(described(lane.next()) == "record")
        lane.record(try #require(lane.unrecorded()))
        #expect(described(lane.next()) == "load after 1000")
    }

    @Test func `a request that is too large is halved until one event stands alone`() throws {
        var lane = opened()
        lane.offer((1...8).map { event($0, bytes: 1000) })
        var sizes: [Int64] = []
        while case .send(let batch) = lane.next() {
            sizes.append(batch.last - batch.first + 1)
            guard lane.halve(batch) else { break }
        }
        #expect(sizes == [8, 3, 1])
    }

    @Test func `events in memory are bounded in bytes too`() throws {
        var lane = opened()
        lane.offer((1...100).map { event($0, bytes: 65_536) })
        try lane.acknowledge(64, rejected: [])
        #expect(described(lane.next()) == "load after 64")
    }
}

/// How batches are cut and joined.
struct TransactionBatchTests {
    private func events(_ sizes: [Int]) throws -> [OutboxEvent] {
        let server = try #require(ServerName("b.example"))
        return sizes.enumerated().map { index, size in
            let json = Array(repeating: UInt8(ascii: "x"), count: size)
            return OutboxEvent(
                peer: PeerKey(1), server: server, seq: Int64(index) + 5, json: json, createdAt: Instant(seconds: 0))
        }
    }

    @Test func `no events make no batch`() throws {
        #expect(TransactionBatch(of: try events([])) == nil)
    }

    @Test func `events are joined as they are`() throws {
        let batch = try #require(TransactionBatch(of: try events([2, 1, 3])))
        #expect(String(decoding: batch.body, as: UTF8.self) == #"{"v":1,"events":[xx,x,xxx]}"#)
        #expect(batch.first == 5 && batch.last == 7)
    }

    @Test(arguments: [
        ([10, 10, 10], 100, 51, 3), ([10, 10, 10], 100, 50, 2), ([10, 10, 10], 2, 1000, 2), ([10, 10], 100, 1, 1),
        ([1000, 10], 100, 100, 1), ([10], 100, 27, 1),
    ])
    func `it is cut by number and by bytes, and never empty`(
        _ sizes: [Int], _ maxEvents: Int, _ maxBytes: Int, _ count: Int
    ) throws {
        let batch = try #require(TransactionBatch(of: try events(sizes), maxEvents: maxEvents, maxBytes: maxBytes))
        #expect(Int(batch.last - batch.first) + 1 == count)
        #expect(count == 1 || batch.body.count <= maxBytes)
    }

    @Test func `a full batch of large events stays below 1 MiB`() throws {
        let batch = try #require(TransactionBatch(of: try events(Array(repeating: 60_000, count: 100))))
        #expect(batch.body.count <= 1_048_576)
        #expect(batch.last - batch.first + 1 == 17)
    }
}
