import Sodium
import Testing
import Wire

@testable import Federation

/// The rules of docs/federation-keys.md, Freshness, as tables of what happens when.
@Suite struct PeerKeysStateMachineTests {
    private let keys: TestKeys
    private let id: KeyID
    private let unknown: KeyID
    private let document: KeysDocument

    init() throws {
        keys = try TestKeys()
        id = KeyID(of: keys.online.publicKey)
        unknown = try #require(KeyID("0123456789abcdef"))
        document = try KeysDocument(parsing: keys.document())
    }

    private enum Event {
        case lookUp(KeyID, PeerKeysStateMachine.Decision)
        case lookUpAfterWaiting(KeyID, PeerKeysStateMachine.Decision)
        case fetched
        case failed
        case failedAsStranger
        case verified
    }

    /// Each event at so many seconds after the start, on both clocks.
    private func run(_ events: [(at: Int, event: Event)]) {
        var machine = PeerKeysStateMachine()
        for (seconds, event) in events {
            let monotonic = Duration.seconds(5000 + seconds)
            let now = TestKeys.now + .seconds(seconds)
            switch event {
            case .lookUp(let id, let decision):
                #expect(machine.lookUp(id, at: monotonic, now: now) == decision, "at \(seconds)")
            case .lookUpAfterWaiting(let id, let decision):
                #expect(machine.lookUp(id, at: monotonic, now: now, mayFetch: false) == decision, "at \(seconds)")
            case .fetched: machine.fetched(document, at: monotonic)
            case .failed: machine.failed(isStranger: false, at: monotonic)
            case .failedAsStranger: machine.failed(isStranger: true, at: monotonic)
            case .verified: machine.verified(at: monotonic)
            }
        }
    }

    private var key: PeerKeysStateMachine.Decision { .key(keys.online.publicKey) }

    @Test func afterAStartTheFirstFetchesAndTheOthersWait() {
        run([
            (0, .lookUp(id, .fetch)), (0, .lookUp(id, .wait)), (1, .lookUp(unknown, .wait)), (1, .fetched),
            (1, .lookUp(id, key)), (1, .lookUpAfterWaiting(id, key)),
            (1, .lookUpAfterWaiting(unknown, .refuse(.unknownKey))), (1, .lookUp(unknown, .refuse(.unknownKey))),
        ])
    }

    @Test func untilAFetchSucceedsNothingIsBelieved() {
        run([
            (0, .lookUp(id, .fetch)), (0, .failed), (0, .lookUpAfterWaiting(id, .refuse(.keysUnavailable))),
            (0, .lookUp(id, .refuse(.keysUnavailable))), (1, .lookUp(id, .fetch)), (1, .fetched), (1, .lookUp(id, key)),
        ])
    }

    @Test func failuresAreRetriedFromOneSecondDoublingToFiveMinutes() {
        var events: [(at: Int, event: Event)] = []
        var at = 0
        for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300] {
            events += [
                (at, .lookUp(id, .fetch)), (at, .failed), (at + pause - 1, .lookUp(id, .refuse(.keysUnavailable))),
            ]
            at += pause
        }
        events += [
            (at, .lookUp(id, .fetch)), (at, .fetched), (at + 301, .lookUp(id, .fetch)), (at + 301, .failed),
            (at + 302, .lookUp(id, .fetch)),
        ]
        run(events)
    }

    @Test func aStrangerGetsOneTryInFiveMinutes() {
        run([
            (0, .lookUp(id, .fetch)), (0, .failedAsStranger), (299, .lookUp(id, .refuse(.keysUnavailable))),
            (300, .lookUp(id, .fetch)), (300, .failedAsStranger), (599, .lookUp(id, .refuse(.keysUnavailable))),
            (600, .lookUp(id, .fetch)),
        ])
    }

    @Test func anUnknownIdFetchesAtMostOnceInFiveMinutes() {
        run([
            (0, .lookUp(id, .fetch)), (0, .fetched), (100, .verified), (299, .lookUp(unknown, .refuse(.unknownKey))),
            (300, .lookUp(unknown, .fetch)), (300, .lookUp(id, key)), (300, .lookUp(unknown, .wait)), (300, .failed),
            (300, .lookUp(unknown, .refuse(.keysUnavailable))), (300, .lookUp(id, key)),
            (301, .lookUp(unknown, .fetch)),
            (301, .fetched), (302, .lookUp(unknown, .refuse(.unknownKey))),
        ])
    }

    @Test func fiveMinutesWithoutContactAskAnew() {
        run([
            (0, .lookUp(id, .fetch)), (0, .fetched), (299, .lookUp(id, key)), (299, .verified), (598, .lookUp(id, key)),
            (599, .lookUp(id, .fetch)), (599, .failed), (599, .lookUp(id, .refuse(.keysUnavailable))),
            (600, .lookUp(id, .fetch)), (600, .fetched), (600, .lookUp(id, key)),
        ])
    }

    @Test func aDayLaterEvenABusyLinkAsksAnew() {
        run([
            (0, .lookUp(id, .fetch)), (0, .fetched), (86_390, .verified),
            // The key of these documents ends after a day as well: it still holds at its last second.
            (86_399, .lookUp(id, key)), (86_400, .lookUp(id, .fetch)),
        ])
    }

    @Test func keysBeyondTheirTimeOrRevokedAreUnknown() throws {
        let lost = try TestKeys.newKey()
        let short = KeysetKey(
            publicKey: keys.online.publicKey, notBefore: TestKeys.now, notAfter: TestKeys.now + .seconds(60),
            state: .active)
        let keyset = keys.keyset(keys: [short, keys.key(.revoked, of: lost)])
        var machine = PeerKeysStateMachine()
        #expect(machine.lookUp(id, at: .seconds(1), now: TestKeys.now) == .fetch)
        machine.fetched(try KeysDocument(parsing: keys.document(keyset)), at: .seconds(1))
        #expect(machine.lookUp(id, at: .seconds(2), now: TestKeys.now + .seconds(60)) == key)
        #expect(machine.lookUp(id, at: .seconds(2), now: TestKeys.now + .seconds(61)) == .refuse(.unknownKey))
        let revoked = KeyID(of: lost.publicKey)
        #expect(machine.lookUp(revoked, at: .seconds(2), now: TestKeys.now) == .refuse(.unknownKey))
    }

    @Test func onlyAnIdlePeerMayBeForgotten() {
        var machine = PeerKeysStateMachine()
        _ = machine.lookUp(id, at: .seconds(1000), now: TestKeys.now)
        #expect(!machine.isIdle(at: .seconds(2000)))
        machine.failed(isStranger: true, at: .seconds(2000))
        #expect(!machine.isIdle(at: .seconds(2299)))
        #expect(machine.isIdle(at: .seconds(2300)))
        machine.verified(at: .seconds(2300))
        #expect(!machine.isIdle(at: .seconds(2599)))
        #expect(machine.isIdle(at: .seconds(2600)))
    }
}
