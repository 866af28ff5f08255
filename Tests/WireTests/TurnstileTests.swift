import Synchronization
import Testing
import Wire

@Suite(.timeLimit(.minutes(1))) struct TurnstileTests {
    @Test func `so many at a time and no more`() async {
        let turnstile = Turnstile(3)
        let counts = Kept((entered: 0, inside: 0, most: 0))
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<99 {
                group.addTask {
                    await turnstile.pass {
                        let mine = counts.with { counts in
                            counts.entered += 1
                            counts.inside += 1
                            counts.most = max(counts.most, counts.inside)
                            return counts.entered
                        }
                        // Three of them are in there together before any leaves.
                        while counts.with({ $0.entered }) < (mine + 2) / 3 * 3 { await Task.yield() }
                        counts.with { $0.inside -= 1 }
                    }
                }
            }
        }
        #expect(counts.with { $0.most } == 3)
        #expect(counts.with { $0.entered } == 99)
    }

    @Test func `the others wait in the order in which they came`() async {
        let turnstile = Turnstile(1)
        let (isFirstIn, mayGo) = (Signal(), Signal())
        let order = Kept<[Int]>([])
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await turnstile.pass {
                    isFirstIn.set()
                    await mayGo.wait()
                }
            }
            await isFirstIn.wait()
            for number in 0..<50 {
                // Up to its first suspension, which is its place in the row, it runs here.
                group.addImmediateTask { await turnstile.pass { order.with { $0.append(number) } } }
            }
            mayGo.set()
        }
        #expect(order.with { $0 } == Array(0..<50))
    }

    @Test func `an error of the body comes out, and its place is free again`() async {
        struct Refused: Error {}
        let turnstile = Turnstile(1)
        for _ in 0..<3 {
            await #expect(throws: Refused.self) { try await turnstile.pass { () throws(Refused) in throw Refused() } }
        }
        #expect(await turnstile.pass { 7 } == 7)
    }

    /// A value that tasks share.
    private final class Kept<Value: Sendable>: Sendable {
        private let value: Mutex<Value>

        init(_ value: Value) { self.value = Mutex(value) }

        func with<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
            value.withLock { value in
                var copy = value
                defer { value = copy }
                return body(&copy)
            }
        }
    }
}
