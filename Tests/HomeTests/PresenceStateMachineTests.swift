import Testing
import Wire

@testable import Home

/// Who is shown when, one line a case: what happens, and at each second in which others are told something, what.
@Suite("What one user shows")
struct PresenceStateMachineTests {
    enum Step: Sendable {
        case open, close, lose
        case read(invisible: Bool)
        case choose(OwnStatus)
        /// Seconds pass.
        case wait(Int)
    }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let steps: [Step]
        /// `second: word`, in order; of `offline`, when he was last seen.
        let told: [String]

        init(_ description: String, _ steps: [Step], _ told: [String]) {
            testDescription = description
            self.steps = steps
            self.told = told
        }
    }

    /// 600 seconds are ten minutes: a last time is rounded down to one.
    static let cases = [
        Case("nothing before the account is read", [.open, .wait(60), .close, .wait(60)], []),
        Case(
            "online, then offline after the wait", [.open, .read(invisible: false), .wait(600), .close, .wait(30)],
            ["0: online", "620: offline 600"]),
        Case(
            "a last time is a whole minute", [.open, .read(invisible: false), .wait(659), .close, .wait(30)],
            ["0: online", "679: offline 600"]),
        Case(
            "back within the wait shows nothing",
            [.open, .read(invisible: false), .wait(60), .close, .wait(19), .open, .wait(60)], ["0: online"]),
        Case(
            "back too late shows both",
            [.open, .read(invisible: false), .wait(60), .close, .wait(21), .open, .wait(9)],
            ["0: online", "80: offline 60", "81: online"]),
        Case(
            "a lost heartbeat hides at once, and counts back to what was heard last",
            [.open, .read(invisible: false), .wait(675), .lose, .wait(60)], ["0: online", "675: offline 600"]),
        Case(
            "one device of two lost shows nothing",
            [.open, .open, .read(invisible: false), .wait(60), .lose, .wait(60), .close, .wait(20)],
            ["0: online", "140: offline 120"]),
        Case(
            "a lost heartbeat while the wait of another runs changes nothing",
            [.open, .read(invisible: false), .wait(60), .close, .lose, .wait(20)], ["0: online", "80: offline 60"]),
        Case(
            "invisible looks like a closed socket, however long it stays open",
            [
                .open, .read(invisible: false), .wait(600), .choose(.invisible), .wait(60), .close, .wait(60), .open,
                .wait(60),
            ],
            ["0: online", "620: offline 600"]),
        Case(
            "invisible from the account: never seen",
            [.open, .read(invisible: true), .wait(60), .open, .close, .close, .wait(60)], []),
        Case(
            "invisible and back within the wait shows nothing",
            [.open, .read(invisible: false), .wait(60), .choose(.invisible), .wait(10), .choose(.online), .wait(60)],
            ["0: online"]),
        Case(
            "out of invisible is coming online",
            [.open, .read(invisible: true), .wait(60), .choose(.online), .wait(60)], ["60: online"]),
        Case(
            "a socket lost while invisible changes nothing",
            [.open, .read(invisible: false), .wait(600), .choose(.invisible), .wait(10), .lose, .wait(60)],
            ["0: online", "620: offline 600"]),
        Case(
            "offline lasts until the last socket closes; the next is online",
            [
                .open, .open, .read(invisible: false), .wait(60), .choose(.offline), .wait(60), .close, .wait(60),
                .close, .wait(60), .open, .wait(1),
            ],
            ["0: online", "80: offline 60", "240: online"]),
        Case(
            "who is gone before the account is read was here",
            [.open, .wait(130), .close, .wait(60), .read(invisible: false), .wait(60), .open],
            ["190: offline 120", "250: online"]),
        Case(
            "who was lost before the account is read was heard before that",
            [.open, .wait(675), .lose, .read(invisible: false)], ["675: offline 600"]),
        Case(
            "who is gone and back before the account is read is online",
            [.open, .wait(60), .close, .wait(60), .open, .read(invisible: false)], ["120: online"]),
        Case(
            "nobody hears of an invisible one who is gone before the account is read",
            [.open, .wait(60), .close, .wait(60), .read(invisible: true), .wait(60)], []),
        Case(
            "a choice before the account is read counts",
            [.open, .choose(.invisible), .read(invisible: false), .wait(60)], []),
    ]

    @Test("others are told exactly this", arguments: cases)
    func told(_ item: Case) {
        var machine = PresenceStateMachine()
        var told: [String] = []
        var second = 0
        func moment() -> PresenceStateMachine.Moment {
            .init(monotonic: .seconds(second), wallClock: Instant(seconds: Int64(second)))
        }
        func note(_ change: PresenceStateMachine.Change?) {
            switch change {
            case .online: told.append("\(second): online")
            case .offline(let lastSeen): told.append("\(second): offline \(lastSeen.seconds)")
            case nil: break
            }
        }
        for step in item.steps {
            switch step {
            case .open: note(machine.opened(at: moment()))
            case .close: note(machine.closed(isLost: false, at: moment()))
            case .lose: note(machine.closed(isLost: true, at: moment()))
            case .read(let invisible): note(machine.read(isInvisible: invisible, at: moment()))
            case .choose(let status): note(machine.choose(status, at: moment()))
            case .wait(let seconds):
                for _ in 0..<seconds {
                    second += 1
                    note(machine.pass(at: .seconds(second)))
                }
            }
        }
        #expect(told == item.told)
    }

    @Test("it can be forgotten when there is no socket, nothing is shown and the account was read")
    func forgettable() {
        var machine = PresenceStateMachine()
        func moment(_ second: Int) -> PresenceStateMachine.Moment {
            .init(monotonic: .seconds(second), wallClock: Instant(seconds: Int64(second)))
        }
        _ = machine.opened(at: moment(0))
        #expect(!machine.isForgettable)
        _ = machine.closed(isLost: false, at: moment(0))
        #expect(!machine.isForgettable, "nobody knows yet whether a last time is to be noted")
        _ = machine.opened(at: moment(0))
        _ = machine.read(isInvisible: false, at: moment(0))
        _ = machine.closed(isLost: false, at: moment(1))
        #expect(!machine.isForgettable, "he is still shown")
        _ = machine.pass(at: .seconds(21))
        #expect(machine.isForgettable)
    }
}
