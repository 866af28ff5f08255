import NIOCore
import Wire

/// What waits to be sent on one stream, and what was sent and may have to be sent again; a pure state machine, owned by
/// `SessionStream`.
///
/// Three kinds of frame pass through it in one order:
/// - **durable** frames get the next number `s` and stay in the ring for `resume`;
/// - **answers** (`ack`, `error`, `pong` …) have no number and are lost with their socket;
/// - **ephemeral** frames (typing, presence, speaking) replace an older one of the same key that still waits.
///
/// Bounds: less than `Limits.queueFrames` frames and at most `Limits.queueBytes` bytes wait for a socket. At that point ephemeral
/// frames are dropped; a durable frame or an answer makes the queue **overflow**: nothing waits any more, the socket is to be
/// closed 4011, and the client resumes from the ring, which at that moment still has everything that waited. What a replay
/// puts into the queue does not count against its bounds. The ring keeps `Limits.resumeFrames`.
struct SessionQueue {
    /// What became of a frame.
    enum Outcome: Equatable {
        /// It waits for the socket, or in the ring for a `resume`.
        case queued
        /// It was ephemeral and there is no room, or nobody there.
        case dropped
        /// The socket is too slow: it has to be closed 4011.
        case overflow
    }

    private struct Waiting {
        let body: [UInt8]
        /// 0 for a frame without a number, whose body is whole.
        let s: Int64
        let key: EphemeralKey?
    }

    private enum Reader {
        /// There is a socket, and what is queued waits until `begin` or `replay`.
        case starting
        case open
        /// The socket was too slow; it is about to be closed.
        case overflowed
        /// There is no socket: only the ring is filled.
        case none
    }

    /// The number of the newest durable frame; 0 before the first.
    private(set) var last: Int64 = 0
    private var ring = FrameRing(capacity: Limits.resumeFrames)
    private var reader = Reader.starting
    private var waiting: [Waiting] = []
    /// How many of `waiting` have been taken already.
    private var taken = 0
    private var waitingBytes = 0
    /// Frames and bytes of a replay that still wait.
    private var replayFrames = 0
    private var replayBytes = 0
    /// What the client said it had seen in its last heartbeat.
    private var seen: Int64 = 0
    /// There was an ephemeral frame since the stream began or was resumed: dropped, or written to a socket that may have lost it.
    private(set) var hasHadEphemeral = false

    /// Bytes of the ring's bodies, for the budget of all rings together.
    var ringBytes: Int { ring.bytes }
    /// Whether something waits and may be sent.
    var hasWork: Bool { reader == .open && taken < waiting.count }
    var waitingFrames: Int { waiting.count - taken }

    // MARK: In

    /// Numbers a body that lacks its last brace. `room` is what all rings together may still grow by: when it is not
    /// enough, this ring's oldest frames make place, and when even that is not enough nothing up to here can be resumed.
    mutating func appendDurable(_ body: [UInt8], room: Int) -> Outcome {
        last += 1
        var room = room
        while ring.count > 0, body.count > room { room += ring.removeOldest() }
        if body.count <= room { ring.append(body) }
        return wait(Waiting(body: body, s: last, key: nil))
    }

    /// A whole frame without a number.
    mutating func appendAnswer(_ frame: [UInt8]) -> Outcome {
        wait(Waiting(body: frame, s: 0, key: nil))
    }

    /// A whole frame that a newer one of the same key makes worthless.
    mutating func appendEphemeral(_ frame: [UInt8], key: EphemeralKey) -> Outcome {
        hasHadEphemeral = true
        guard reader == .open || reader == .starting else { return .dropped }
        let waiting = Waiting(body: frame, s: 0, key: key)
        if let older = self.waiting[taken...].firstIndex(where: { $0.key == key }) {
            waitingBytes += frame.count - self.waiting[older].body.count
            self.waiting[older] = waiting
            return .queued
        }
        guard hasRoom(for: frame.count) else { return .dropped }
        push(waiting)
        return .queued
    }

    private mutating func wait(_ frame: Waiting) -> Outcome {
        switch reader {
        case .none: return frame.s > 0 ? .queued : .dropped
        case .overflowed: return .overflow
        case .starting, .open: break
        }
        if !hasRoom(for: frame.body.count) { dropEphemeral() }
        guard hasRoom(for: frame.body.count) else {
            reader = .overflowed
            clear()
            return .overflow
        }
        push(frame)
        return .queued
    }

    private func hasRoom(for bytes: Int) -> Bool {
        waitingFrames - replayFrames + 1 < Limits.queueFrames && waitingBytes - replayBytes + bytes <= Limits.queueBytes
    }

    private mutating func push(_ frame: Waiting) {
        waiting.append(frame)
        waitingBytes += frame.body.count
    }

    private mutating func dropEphemeral() {
        waiting.removeSubrange(..<taken)
        taken = 0
        waiting.removeAll { $0.key != nil }
        waitingBytes = waiting.reduce(0) { $0 + $1.body.count }
    }

    // MARK: A socket comes and goes

    /// Lets a fresh stream begin: these frames go before whatever has happened since it was made.
    mutating func begin(with frames: [[UInt8]]) {
        guard reader == .starting else { return }
        reader = .open
        waiting.insert(contentsOf: frames.map { Waiting(body: $0, s: 0, key: nil) }, at: taken)
        waitingBytes += frames.reduce(0) { $0 + $1.count }
    }

    /// Whether everything after `s` is still here.
    func canReplay(after s: Int64) -> Bool {
        s >= 0 && s <= last && last - s <= Int64(ring.count)
    }

    /// Goes over to a new socket: first what it missed, then `ending`, which is told how many frames that was.
    mutating func replay(after s: Int64, ending: (Int) -> [UInt8]) {
        precondition(canReplay(after: s), "the hub asks before it lets a socket resume")
        clear()
        reader = .open
        hasHadEphemeral = false
        let missed = ring.newest(Int(last - s))
        for (index, body) in missed.enumerated() {
            push(Waiting(body: body, s: s + 1 + Int64(index), key: nil))
        }
        replayFrames = waiting.count
        replayBytes = waitingBytes
        push(Waiting(body: ending(missed.count), s: 0, key: nil))
    }

    /// The socket is gone: the ring goes on for whoever resumes.
    mutating func detach() {
        reader = .none
        clear()
    }

    /// The client's heartbeat said that it has everything up to `s`. What it had confirmed one heartbeat earlier will not
    /// be asked for again, even by a client that stores its position a little late.
    mutating func confirm(_ s: Int64) {
        guard s >= seen, s <= last else { return }
        while ring.count > 0, last - Int64(ring.count) < seen { ring.removeOldest() }
        seen = s
    }

    private mutating func clear() {
        waiting = []
        taken = 0
        waitingBytes = 0
        replayFrames = 0
        replayBytes = 0
    }

    // MARK: Out

    /// Writes the next frames, about `limit` bytes of them and at least one.
    mutating func take(into buffer: inout ByteBuffer, limit: Int) {
        guard hasWork else { return }
        var end = taken
        var size = 0
        while end < waiting.count, size == 0 || size + waiting[end].body.count <= limit {
            // The header and `,"s":…}` together take no more than this.
            size += waiting[end].body.count + 36
            end += 1
        }
        buffer.reserveCapacity(minimumWritableBytes: size)
        for frame in waiting[taken..<end] {
            if frame.s > 0 {
                FrameWriter.text(frame.body, s: frame.s, to: &buffer)
            } else {
                FrameWriter.text(frame.body, to: &buffer)
            }
            waitingBytes -= frame.body.count
            if replayFrames > 0 {
                replayFrames -= 1
                replayBytes -= frame.body.count
            }
        }
        taken = end
        if taken == waiting.count {
            clear()
        } else if taken >= 256, taken * 2 >= waiting.count {
            waiting.removeSubrange(..<taken)
            taken = 0
        }
    }
}

/// Which older frame an ephemeral one replaces: the same type about the same thing by the same user. A class, so that the
/// frames without one, which are nearly all, carry no more than a null reference.
final class EphemeralKey: Equatable, Sendable {
    let type: String
    let subject: String

    init(type: String, subject: String) {
        self.type = type
        self.subject = subject
    }

    static func == (left: EphemeralKey, right: EphemeralKey) -> Bool {
        left === right || left.subject == right.subject && left.type == right.type
    }
}
