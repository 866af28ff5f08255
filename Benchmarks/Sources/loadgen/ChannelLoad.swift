/// A channel whose members are all online: some of them write, and everybody is to get everything, once and in order.
final class ChannelLoad {
    /// Each sender keeps this many messages under way.
    private let window: Int
    private let loop: Loop
    private let sockets: [Socket]
    private let senders: Int
    private let channel: String
    private let run = now()
    private var sent: [Int]
    private var acked: [Int]
    /// Of each socket, how far it has heard each sender.
    private var heard: [[Int]]
    private var sentAt: [[UInt64]]
    private var ackMicroseconds: [UInt32] = []
    private var receiveMicroseconds: [UInt32] = []
    private var deliveries = 0
    private var disordered = 0
    private var errors: [String: Int] = [:]

    /// The first `senders` of the sockets write.
    init(_ loop: Loop, _ sockets: [Socket], channel: String, senders: Int, window: Int) {
        self.loop = loop
        self.sockets = sockets
        self.senders = senders
        self.channel = channel
        self.window = window
        for (index, socket) in sockets.enumerated() { socket.pair = index }
        sent = Array(repeating: 0, count: senders)
        acked = sent
        heard = Array(repeating: sent, count: sockets.count)
        sentAt = Array(repeating: [], count: senders)
    }

    /// Runs for so many seconds and waits for what is under way. What is counted and divided by are deliveries.
    func measure(seconds: Double, servers: [Description.Homeserver]) throws -> Outcome {
        let meter = CPUMeter(servers)
        let start = now()
        let end = start + UInt64(seconds * 1e9)
        for sender in 0..<senders { for _ in 0..<window { try send(sender) } }
        while now() < end { try turn(isOpen: true, milliseconds: 1) }
        let drain = now() + 10_000_000_000
        while now() < drain, missing > 0 { try turn(isOpen: false, milliseconds: 10) }
        return Outcome(
            messages: deliveries, seconds: Double(now() - start) / 1e9, lost: missing, doubled: 0,
            disordered: disordered, errors: errors, ack: Percentiles(ackMicroseconds),
            receive: Percentiles(receiveMicroseconds), cpu: meter.spent)
    }

    /// What was sent and somebody has not heard.
    private var missing: Int {
        heard.reduce(0) { sum, heard in
            (0..<senders).reduce(sum) { $0 + sent[$1] - heard[$1] }
        }
    }

    private func send(_ sender: Int) throws {
        let time = now()
        let number = sent[sender]
        sent[sender] += 1
        sentAt[sender].append(time)
        try sockets[sender].send(
            Frame.channelMessage(to: channel, sender: sender, number: number, at: time, run: run))
    }

    private func turn(isOpen: Bool, milliseconds: Int32) throws {
        try loop.turn(milliseconds: milliseconds) { socket, bytes in
            switch Frame(bytes) {
            case .ack(let sender, let number):
                acked[sender] += 1
                ackMicroseconds.append(UInt32(clamping: (now() - sentAt[sender][number]) / 1000))
            case .message(let sender, let number, let time):
                deliveries += 1
                if number != heard[socket.pair][sender] { disordered += 1 }
                heard[socket.pair][sender] = max(heard[socket.pair][sender], number + 1)
                receiveMicroseconds.append(UInt32(clamping: (now() - time) / 1000))
                // What another homeserver numbers is acknowledged before it has come back: that is what its author waits for.
                if isOpen, sender == socket.pair { try send(sender) }
            case .error(let text): errors[text, default: 0] += 1
            case .other: break
            }
        }
    }
}
