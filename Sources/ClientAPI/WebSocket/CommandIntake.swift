/// The order of a session's commands: one runs, a few wait, and when there are too many the socket is not read; a pure
/// state machine that `WebSocketSession` asks.
///
/// What runs may take frames that wait right behind it along (`take`), so that messages sent in a row share a commit.
/// At most `maximumFrames` frames or `maximumBytes` bytes wait, and one read's worth beyond that, because what was read
/// already cannot be put back. An idle intake owns no memory.
struct CommandIntake {
    static let maximumFrames = 16
    static let maximumBytes = 65_536

    /// A frame and when it came, by the monotonic clock: how long its client waits counts from there, not from its turn.
    struct Frame: Equatable {
        let bytes: [UInt8]
        let cameAt: Duration
    }

    private var waiting: [Frame] = []
    private var waitingBytes = 0
    private var isRunning = false
    /// A session begins held: its frames wait until it is signed in.
    private var isHeld = true

    /// Whether the socket may be read.
    var wantsMore: Bool { waiting.count < CommandIntake.maximumFrames && waitingBytes < CommandIntake.maximumBytes }

    /// A frame arrived; it is returned when it is its turn at once.
    mutating func receive(_ frame: Frame) -> Frame? {
        guard isRunning || isHeld else {
            isRunning = true
            return frame
        }
        waiting.append(frame)
        waitingBytes += frame.bytes.count
        return nil
    }

    /// What ran is done; the next frame is returned when there is one.
    mutating func finish() -> Frame? {
        isRunning = false
        return next()
    }

    /// The frame that waits first, for what runs to do it too; it stays where it is when `read` makes nothing of it.
    mutating func take<Value>(_ read: ([UInt8]) -> Value?) -> (value: Value, cameAt: Duration)? {
        guard isRunning, !isHeld, let first = waiting.first, let value = read(first.bytes) else { return nil }
        waiting.removeFirst()
        waitingBytes -= first.bytes.count
        return (value, first.cameAt)
    }

    /// Lets frames wait although none runs: the session is not ready for them.
    mutating func hold() {
        isHeld = true
    }

    /// The session is ready; the next frame is returned when there is one and none runs.
    mutating func release() -> Frame? {
        isHeld = false
        return next()
    }

    private mutating func next() -> Frame? {
        guard !isRunning, !isHeld else { return nil }
        guard !waiting.isEmpty else {
            waiting = []
            return nil
        }
        isRunning = true
        let next = waiting.removeFirst()
        waitingBytes -= next.bytes.count
        return next
    }

    /// Forgets what waits: the socket closes.
    mutating func close() {
        waiting = []
        waitingBytes = 0
        isHeld = true
    }
}
