import NIOCore
import Testing
import Wire

@testable import ClientAPI

/// The queue of a stream: numbers, order, bounds, and what a resume gets.
struct SessionQueueTests {
    private func body(_ text: String) -> [UInt8] { Array(#"{"m":"\#(text)""#.utf8) }
    private func frame(_ text: String) -> [UInt8] { Array(#"{"m":"\#(text)"}"#.utf8) }

    private func makeQueue() -> Mutable<SessionQueue> {
        let queue = Mutable(SessionQueue())
        queue.it.begin(with: [])
        return queue
    }

    /// Everything that may be sent now, as the texts of its frames.
    private func sent(_ queue: Mutable<SessionQueue>, limit: Int = 1 << 20) -> [String] {
        var texts: [String] = []
        while queue.it.hasWork {
            var buffer = ByteBuffer()
            queue.it.take(into: &buffer, limit: limit)
            texts += ServerBytes.texts(in: buffer)
        }
        return texts
    }

    private func fill(_ queue: Mutable<SessionQueue>, _ numbers: ClosedRange<Int>) -> SessionQueue.Outcome {
        var outcome = SessionQueue.Outcome.queued
        for number in numbers { outcome = queue.it.appendDurable(body("\(number)"), room: .max) }
        return outcome
    }

    @Test("durable frames are numbered, answers are not, and the order is that of arrival")
    func order() {
        let queue = makeQueue()
        #expect(queue.it.appendDurable(body("a"), room: .max) == .queued)
        #expect(queue.it.appendAnswer(frame("b")) == .queued)
        #expect(queue.it.appendDurable(body("c"), room: .max) == .queued)
        #expect(queue.it.last == 2)
        #expect(sent(queue) == [#"{"m":"a","s":1}"#, #"{"m":"b"}"#, #"{"m":"c","s":2}"#])
        #expect(!queue.it.hasWork)
    }

    @Test("before it begins a queue gathers and sends nothing; then the first frames go first")
    func beginning() {
        let queue = Mutable(SessionQueue())
        _ = queue.it.appendDurable(body("event"), room: .max)
        #expect(!queue.it.hasWork)
        queue.it.begin(with: [frame("resync"), frame("ready")])
        #expect(sent(queue) == [#"{"m":"resync"}"#, #"{"m":"ready"}"#, #"{"m":"event","s":1}"#])
        queue.it.begin(with: [frame("ready")])
        #expect(!queue.it.hasWork, "it begins once")
    }

    @Test("a turn takes about as much as it may, and at least one frame", arguments: [1, 40, 100, 1000])
    func turns(limit: Int) {
        let queue = makeQueue()
        _ = fill(queue, 1...50)
        var turns = 0
        var texts: [String] = []
        while queue.it.hasWork {
            var buffer = ByteBuffer()
            queue.it.take(into: &buffer, limit: limit)
            #expect(buffer.readableBytes <= max(limit, 60) && buffer.readableBytes > 0)
            texts += ServerBytes.texts(in: buffer)
            turns += 1
        }
        #expect(texts == (1...50).map { #"{"m":"\#($0)","s":\#($0)}"# })
        #expect(turns >= 50 / max(1, limit / 20))
    }

    @Test("1024 frames that wait are too many; the ring still has all of them")
    func tooManyFrames() {
        let queue = makeQueue()
        #expect(fill(queue, 1...1023) == .queued)
        #expect(queue.it.appendDurable(body("1024"), room: .max) == .overflow)
        #expect(!queue.it.hasWork, "what waited is not sent any more")
        #expect(queue.it.appendDurable(body("1025"), room: .max) == .overflow)
        #expect(queue.it.last == 1025)
        queue.it.detach()
        #expect(queue.it.canReplay(after: 1))
        #expect(!queue.it.canReplay(after: 0), "one more came before the client was back")
    }

    @Test("1 MiB that waits is too much, for answers too")
    func tooManyBytes() {
        let queue = makeQueue()
        let large = [UInt8](repeating: 0x20, count: 1 << 19)
        #expect(queue.it.appendAnswer(large) == .queued)
        #expect(queue.it.appendAnswer(large) == .queued)
        #expect(queue.it.appendAnswer([0x20]) == .overflow)
    }

    @Test("what was sent does not count any more")
    func draining() {
        let queue = makeQueue()
        for _ in 0..<10 {
            #expect(fill(queue, 1...1000) == .queued)
            #expect(sent(queue).count == 1000)
        }
    }

    @Test("what was taken leaves the queue although something always waits")
    func neverEmpty() {
        let queue = makeQueue()
        _ = fill(queue, 1...600)
        for number in 601...5000 {
            var buffer = ByteBuffer()
            queue.it.take(into: &buffer, limit: 1)
            #expect(queue.it.appendDurable(body("\(number)"), room: .max) == .queued)
            #expect(queue.it.waitingFrames == 600)
        }
    }

    @Test("an ephemeral frame replaces the older one of its kind, where that stood")
    func coalescing() {
        let queue = makeQueue()
        let alice = EphemeralKey(type: "typing", subject: "alice")
        let bob = EphemeralKey(type: "typing", subject: "bob")
        _ = queue.it.appendEphemeral(frame("alice 1"), key: alice)
        _ = queue.it.appendEphemeral(frame("bob"), key: bob)
        _ = queue.it.appendEphemeral(frame("alice 2"), key: alice)
        #expect(sent(queue) == [#"{"m":"alice 2"}"#, #"{"m":"bob"}"#])
        _ = queue.it.appendEphemeral(frame("alice 3"), key: alice)
        #expect(sent(queue) == [#"{"m":"alice 3"}"#], "what was sent is not replaced")
    }

    @Test("in a full queue ephemeral frames are dropped, and make place for durable ones")
    func dropping() {
        let queue = makeQueue()
        let key = EphemeralKey(type: "typing", subject: "alice")
        #expect(queue.it.appendEphemeral(frame("typing"), key: key) == .queued)
        #expect(fill(queue, 1...1022) == .queued)
        #expect(queue.it.appendEphemeral(frame("other"), key: EphemeralKey(type: "t", subject: "b")) == .dropped)
        #expect(queue.it.appendDurable(body("1023"), room: .max) == .queued)
        #expect(sent(queue).first == #"{"m":"1","s":1}"#)
    }

    @Test("without a socket only the ring is filled, and a resume gets all of it in order")
    func resuming() {
        let queue = makeQueue()
        _ = fill(queue, 1...3)
        #expect(sent(queue).count == 3)
        queue.it.detach()
        #expect(queue.it.appendDurable(body("4"), room: .max) == .queued)
        #expect(queue.it.appendAnswer(frame("answer")) == .dropped)
        #expect(queue.it.appendEphemeral(frame("x"), key: EphemeralKey(type: "t", subject: "a")) == .dropped)
        #expect(!queue.it.hasWork)
        queue.it.replay(after: 2) { Array(#"{"replayed":\#($0)}"#.utf8) }
        _ = queue.it.appendDurable(body("5"), room: .max)
        #expect(sent(queue) == [#"{"m":"3","s":3}"#, #"{"m":"4","s":4}"#, #"{"replayed":2}"#, #"{"m":"5","s":5}"#])
    }

    @Test("a replay of the whole ring leaves room for what happens meanwhile")
    func largeReplay() {
        let queue = makeQueue()
        queue.it.detach()
        let large = [UInt8](repeating: 0x20, count: 4096)
        for _ in 0..<1024 { _ = queue.it.appendDurable(large, room: .max) }
        queue.it.replay(after: 0) { _ in frame("resumed") }
        #expect(fill(queue, 1...1000) == .queued)
        #expect(sent(queue, limit: 65_536).count == 1024 + 1 + 1000)
    }

    @Test("a resume is complete or refused")
    func completeness() {
        let queue = makeQueue()
        #expect(queue.it.canReplay(after: 0))
        _ = fill(queue, 1...2000)
        #expect(queue.it.canReplay(after: 2000))
        #expect(queue.it.canReplay(after: 2000 - 1024))
        #expect(!queue.it.canReplay(after: 2000 - 1025), "the ring has 1024")
        #expect(!queue.it.canReplay(after: 2001), "never given")
        #expect(!queue.it.canReplay(after: -1))
    }

    @Test("what was confirmed by the heartbeat before the last is given up")
    func confirmation() {
        let queue = makeQueue()
        _ = fill(queue, 1...10)
        queue.it.confirm(6)
        #expect(queue.it.canReplay(after: 0))
        queue.it.confirm(8)
        #expect(queue.it.canReplay(after: 6))
        #expect(!queue.it.canReplay(after: 5))
        queue.it.confirm(99)
        #expect(queue.it.canReplay(after: 6), "a number of the future confirms nothing")
        queue.it.confirm(10)
        queue.it.confirm(10)
        #expect(queue.it.ringBytes == 0)
        #expect(queue.it.canReplay(after: 10))
    }

    @Test("when all rings together are full a ring gives up its own oldest, and is honest about it")
    func budget() {
        let queue = makeQueue()
        let large = [UInt8](repeating: 0x20, count: 100)
        for _ in 0..<10 { _ = queue.it.appendDurable(large, room: 1000) }
        #expect(queue.it.ringBytes == 1000)
        _ = queue.it.appendDurable(large, room: 0)
        #expect(queue.it.ringBytes == 1000)
        #expect(queue.it.canReplay(after: 1) && !queue.it.canReplay(after: 0))
        _ = queue.it.appendDurable(large, room: -5000)
        #expect(queue.it.ringBytes == 0)
        #expect(!queue.it.canReplay(after: 11), "the newest could not be kept")
        #expect(queue.it.canReplay(after: 12))
        #expect(queue.it.last == 12)
    }
}
