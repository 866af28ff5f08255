import Home
import Testing
import Wire

@testable import Federation

@Suite("What goes next over the ephemeral lane")
struct EphemeralLaneTests {
    private static func user(_ name: String) -> UserID {
        guard let user = UserID("\(name)@alpha.example") else { preconditionFailure("an address") }
        return user
    }

    private let online = PresenceItem.status(user("alice"), .online)
    private let offline = PresenceItem.status(user("alice"), .unknown)
    private let carol = PresenceItem.status(user("carol"), .online)
    private let fine = EphemeralAnswer(isTaken: true, wantsSnapshot: false, wantsRosters: false)

    /// A lane whose snapshot was sent at second 100.
    private func open() -> EphemeralLane {
        var lane = EphemeralLane(firstSnapshotAt: .seconds(20))
        #expect(lane.next(at: .seconds(1)) == .compareRosters)
        lane.compared(at: .seconds(1))
        let step = lane.next(at: .seconds(100))
        #expect(step == .snapshot(after: "", part: 1))
        lane.sent(step, last: nil, answer: fine, at: .seconds(100))
        return lane
    }

    @Test("rosters first; then changes at once; the snapshot when those who were here had time to come back")
    func start() {
        var lane = EphemeralLane(firstSnapshotAt: .seconds(20))
        lane.offer(online)
        #expect(lane.next(at: .seconds(1)) == .compareRosters)
        #expect(!lane.isUp)
        lane.compared(at: .seconds(1))
        #expect(lane.next(at: .seconds(1)) == .send([online]))
        lane.sent(.send([online]), last: nil, answer: fine, at: .seconds(1))
        #expect(lane.next(at: .seconds(2)) == .wait(.seconds(18)))
        #expect(lane.next(at: .seconds(20)) == .snapshot(after: "", part: 1))
    }

    @Test("changes of a second go together, the newest of each user only")
    func coalesced() {
        var lane = open()
        lane.offer(online)
        lane.offer(carol)
        #expect(lane.next(at: .milliseconds(100_200)) == .wait(.milliseconds(800)))
        lane.offer(offline)
        #expect(lane.next(at: .seconds(101)) == .send([offline, carol]))
        lane.sent(.send([]), last: nil, answer: fine, at: .seconds(101))
        #expect(lane.next(at: .seconds(101)) == .wait(.seconds(60)))
    }

    @Test("a lease is renewed once a minute")
    func renewal() {
        var lane = open()
        #expect(lane.next(at: .seconds(159)) == .wait(.seconds(1)))
        #expect(lane.next(at: .seconds(160)) == .send([]))
    }

    @Test("a snapshot goes in parts; what changed before it began is in it, what changes meanwhile comes behind it")
    func parts() {
        var lane = open()
        lane.peerStarted()
        lane.offer(carol)
        #expect(lane.next(at: .seconds(200)) == .compareRosters)
        lane.compared(at: .seconds(200))
        let first = lane.next(at: .seconds(200))
        #expect(first == .snapshot(after: "", part: 1))
        lane.offer(online)
        lane.sent(first, last: "m@alpha.example", answer: fine, at: .seconds(200))
        #expect(lane.next(at: .seconds(200)) == .wait(.milliseconds(250)))
        let second = lane.next(at: .milliseconds(200_250))
        #expect(second == .snapshot(after: "m@alpha.example", part: 2))
        lane.sent(second, last: nil, answer: fine, at: .milliseconds(200_250))
        #expect(lane.next(at: .seconds(202)) == .send([online]))
    }

    @Test("after a failure everything begins anew, and what waited is lost")
    func failure() {
        var lane = open()
        lane.offer(online)
        lane.failed()
        #expect(lane.next(at: .seconds(110)) == .compareRosters)
        lane.compared(at: .seconds(110))
        #expect(lane.next(at: .seconds(110)) == .snapshot(after: "", part: 1))
    }

    @Test("the peer may ask for a snapshot and for the rosters, and does not get them more often than that")
    func asked() {
        var lane = open()
        let asks = EphemeralAnswer(isTaken: true, wantsSnapshot: true, wantsRosters: true)
        lane.sent(.send([]), last: nil, answer: asks, at: .seconds(101))
        #expect(lane.next(at: .seconds(101)) == .compareRosters)
        lane.compared(at: .seconds(101))
        #expect(lane.next(at: .seconds(101)) == .wait(.seconds(4)))
        #expect(lane.next(at: .seconds(105)) == .snapshot(after: "", part: 1))
        lane.sent(.snapshot(after: "", part: 1), last: nil, answer: asks, at: .seconds(105))
        #expect(lane.next(at: .seconds(105)) == .wait(.seconds(5)))
        #expect(lane.next(at: .seconds(111)) == .compareRosters)
    }

    @Test("a comparison before its lane comes again every second, and is given up after a while")
    func tooEarly() {
        var lane = open()
        lane.peerStarted()
        for second in 0..<Limits.rosterRetries {
            #expect(lane.next(at: .seconds(200 + second)) == .compareRosters)
            lane.comparedTooEarly(at: .seconds(200 + second))
        }
        lane.comparedTooEarly(at: .seconds(300))
        #expect(lane.next(at: .seconds(300)) == .snapshot(after: "", part: 1))
    }

    @Test("a comparison that the peer wants no more of just now goes on later, and the rest meanwhile")
    func pausedComparison() {
        var lane = EphemeralLane(firstSnapshotAt: .zero)
        #expect(lane.next(at: .zero) == .compareRosters)
        lane.comparisonPaused(for: .seconds(5), at: .zero)
        #expect(lane.isUp)
        #expect(lane.next(at: .seconds(1)) == .snapshot(after: "", part: 1))
        lane.sent(.snapshot(after: "", part: 1), last: nil, answer: fine, at: .seconds(1))
        #expect(lane.next(at: .seconds(2)) != .compareRosters)
        #expect(lane.next(at: .seconds(5)) == .compareRosters)
    }

    @Test("with nothing in common the lane is silent, until there is something")
    func nothing() {
        var lane = EphemeralLane(firstSnapshotAt: .seconds(0))
        #expect(lane.next(at: .seconds(1)) == .compareRosters)
        lane.nothingInCommon(at: .seconds(1))
        #expect(lane.next(at: .seconds(2)) == .wait(.seconds(59)))
        lane.offer(online)
        #expect(lane.next(at: .seconds(3)) == .compareRosters)
    }

    @Test("more than can wait becomes a snapshot")
    func bounded() {
        var lane = open()
        for number in 0...Limits.ephemeralWaiting { lane.offer(.status(Self.user("u\(number)"), .online)) }
        #expect(lane.next(at: .seconds(106)) == .snapshot(after: "", part: 1))
    }
}
