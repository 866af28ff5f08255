/// Pairs of friends, one of each sends and the other receives; counts by id what was lost or doubled.
final class MessageLoad {
    enum Mode {
        /// Each sender keeps this many messages unacknowledged.
        case window(Int)
        /// So many messages a second in all, whatever the answers.
        case open(perSecond: Int)
    }

    private struct Pair {
        let sender: Socket
        let receiverID: String
        var sent = 0
        var acked = 0
        var received = 0
    }

    private let loop: Loop
    private var pairs: [Pair] = []
    private var ackMicroseconds: [UInt32] = []
    private var receiveMicroseconds: [UInt32] = []
    private var sentAt: [[UInt64]] = []
    private var doubled = 0
    private var disordered = 0
    private var errors: [String: Int] = [:]
    private let run = now()

    init(_ loop: Loop, _ senders: [(socket: Socket, receiver: String)], receivers: [Socket]) {
        self.loop = loop
        for (index, sender) in senders.enumerated() {
            sender.socket.pair = index
            sender.socket.isSender = true
            receivers[index].pair = index
            receivers[index].isSender = false
            pairs.append(Pair(sender: sender.socket, receiverID: sender.receiver))
            sentAt.append([])
        }
    }

    /// Runs for so many seconds, waits for what is under way, and says what came of it.
    func measure(_ mode: Mode, seconds: Double, servers: [Description.Homeserver]) throws -> Outcome {
        let meter = CPUMeter(servers)
        let start = now()
        let end = start + UInt64(seconds * 1e9)
        if case .window(let size) = mode {
            for pair in pairs.indices { for _ in 0..<size { try send(pair) } }
        }
        while now() < end {
            if case .open(let perSecond) = mode { try sendDue(perSecond, since: start) }
            try turn(mode, isOpen: true, milliseconds: 1)
        }
        let drain = now() + 10_000_000_000
        while now() < drain, pairs.contains(where: { $0.received < $0.sent || $0.acked < $0.sent }) {
            try turn(mode, isOpen: false, milliseconds: 10)
        }
        let elapsed = Double(now() - start) / 1e9
        let acked = pairs.reduce(0) { $0 + $1.acked }
        return Outcome(
            messages: acked, seconds: elapsed, lost: pairs.reduce(0) { $0 + max($1.acked - $1.received, 0) },
            doubled: doubled, disordered: disordered, errors: errors, ack: Percentiles(ackMicroseconds),
            receive: Percentiles(receiveMicroseconds), cpu: meter.spent)
    }

    private func sendDue(_ perSecond: Int, since start: UInt64) throws {
        let due = Int(Double(now() - start) / 1e9 * Double(perSecond))
        var sent = pairs.reduce(0) { $0 + $1.sent }
        while sent < due {
            try send(sent % pairs.count)
            sent += 1
        }
    }

    private func send(_ index: Int) throws {
        let time = now()
        let number = pairs[index].sent
        pairs[index].sent += 1
        sentAt[index].append(time)
        try pairs[index].sender.send(
            Frame.privateMessage(to: pairs[index].receiverID, pair: index, number: number, at: time, run: run))
    }

    private func turn(_ mode: Mode, isOpen: Bool, milliseconds: Int32) throws {
        try loop.turn(milliseconds: milliseconds) { socket, bytes in
            switch Frame(bytes) {
            case .ack(let pair, let number):
                pairs[pair].acked += 1
                ackMicroseconds.append(UInt32(clamping: (now() - sentAt[pair][number]) / 1000))
                if isOpen, case .window = mode { try send(pair) }
            case .message(let pair, let number, let time):
                if number < pairs[pair].received { doubled += 1 }
                if number > pairs[pair].received { disordered += 1 }
                pairs[pair].received = max(pairs[pair].received, number + 1)
                receiveMicroseconds.append(UInt32(clamping: (now() - time) / 1000))
            case .error(let text): errors[text, default: 0] += 1
            case .other: break
            }
        }
    }
}

/// What one run came to.
struct Outcome {
    let messages: Int
    let seconds: Double
    let lost: Int
    let doubled: Int
    let disordered: Int
    let errors: [String: Int]
    let ack: Percentiles
    let receive: Percentiles
    let cpu: (homeserver: Double, postgres: Double)

    static let header = """
        | case | messages/s | ack p50 / p99 ms | receive p50 / p99 ms | homeserver µs | PostgreSQL µs | both µs | lost | doubled |
        |---|---|---|---|---|---|---|---|---|
        """

    func row(_ name: String) -> String {
        let each = 1e6 / Double(max(messages, 1))
        let (home, database) = (cpu.homeserver * each, cpu.postgres * each)
        return
            "| \(name) | \(Int(Double(messages) / seconds)) | \(ack) | \(receive) | \(rounded(home)) | \(rounded(database)) "
            + "| \(rounded(home + database)) | \(lost) | \(doubled + disordered) |"
    }
}

/// The middle and the slow end of a set of times.
struct Percentiles: CustomStringConvertible {
    let p50: Double
    let p99: Double

    init(_ microseconds: [UInt32]) {
        let sorted = microseconds.sorted()
        func at(_ share: Double) -> Double {
            sorted.isEmpty ? 0 : Double(sorted[min(Int(Double(sorted.count) * share), sorted.count - 1)]) / 1000
        }
        p50 = at(0.5)
        p99 = at(0.99)
    }

    var description: String { "\(rounded(p50)) / \(rounded(p99))" }
}

/// One decimal is what these machines' noise leaves.
func rounded(_ value: Double) -> String {
    let tenths = Int((value * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
}
