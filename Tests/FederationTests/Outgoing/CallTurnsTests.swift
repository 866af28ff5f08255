import Synchronization
import Testing
import Wire

@testable import Federation

/// Who may call a peer, and when.
@Suite(.timeLimit(.minutes(1)))
struct CallTurnsTests {
    private final class Counts: Sendable {
        let state = Mutex((inside: 0, most: 0, done: 0))
    }

    @Test func `so many are in, and the next one comes when one leaves`() async {
        let turns = CallTurns()
        for _ in 0..<Limits.callsAtOnce { #expect(await turns.enter(within: .seconds(60))) }
        #expect(await !turns.enter(within: .milliseconds(1)))
        async let next = turns.enter(within: .seconds(60))
        turns.leave()
        #expect(await next)
        for _ in 0..<Limits.callsAtOnce { turns.leave() }
        #expect(turns.isIdle)
        #expect(await turns.enter(within: .seconds(60)))
    }

    @Test func `nobody's turn is lost, however many come and however soon they give up`() async {
        let turns = CallTurns()
        let counts = Counts()
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<200 {
                group.addTask {
                    guard await turns.enter(within: number.isMultiple(of: 3) ? .microseconds(50) : .seconds(60)) else {
                        return
                    }
                    counts.state.withLock { $0 = ($0.inside + 1, max($0.most, $0.inside + 1), $0.done) }
                    await Task.yield()
                    counts.state.withLock { $0 = ($0.inside - 1, $0.most, $0.done + 1) }
                    turns.leave()
                }
            }
        }
        let (inside, most, done) = counts.state.withLock { $0 }
        #expect(inside == 0 && most <= Limits.callsAtOnce && done >= 133)
        #expect(turns.isIdle)
    }

    @Test func `a row that is full takes nobody`() async {
        let turns = CallTurns()
        for _ in 0..<Limits.callsAtOnce { #expect(await turns.enter(within: .seconds(60))) }
        await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<Limits.callsWaiting + 5 { group.addTask { await turns.enter(within: .seconds(60)) } }
            for _ in 0..<5 { #expect(await group.next() == false) }
            for _ in 0..<Limits.callsWaiting {
                turns.leave()
                #expect(await group.next() == true)
            }
        }
    }
}
