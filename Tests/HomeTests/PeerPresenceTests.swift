import Testing
import Wire

@testable import Home

@Suite("What a peer has said of its users, and how long it is believed")
struct PeerPresenceTests {
    private static func user(_ name: String) -> UserID {
        guard let user = UserID("\(name)@beta.example") else { preconditionFailure("an address") }
        return user
    }

    private let bob = user("bob")
    private let carol = user("carol")
    private let seen = ShownPresence(isOnline: false, lastSeen: Instant(seconds: 600))

    private func position(_ gen: Int64, _ n: Int64, part: Int64? = nil, isLast: Bool = true) -> EphemeralPosition {
        EphemeralPosition(gen: gen, n: n, snapshot: part.map { SnapshotPart(part: $0, isLast: isLast) })
    }

    @Test("an older request is ignored, and who is unchanged is not told again")
    func order() {
        var peer = PeerPresence()
        let first = peer.receive(position(5, 2, part: 1), [(bob, .online)], at: .seconds(1))
        #expect(first == .init(changed: [bob]))
        #expect(peer.receive(position(5, 3), [(bob, .online)], at: .seconds(2)) == .init())
        for old in [position(5, 3), position(5, 1), position(4, 9)] {
            #expect(peer.receive(old, [(bob, seen)], at: .seconds(3)) == .init(isTaken: false))
        }
        #expect(peer.shown(bob) == .online)
        #expect(peer.receive(position(5, 4), [(bob, seen)], at: .seconds(3)) == .init(changed: [bob]))
        #expect(peer.shown(bob) == seen)
    }

    @Test("without a request for 120 s everybody is offline, and a clock that went back is no bar any more")
    func lease() {
        var peer = PeerPresence()
        _ = peer.receive(position(5, 1, part: 1), [(bob, .online), (carol, seen)], at: .seconds(0))
        _ = peer.receive(position(5, 2), [], at: .seconds(60))
        #expect(peer.lapse(at: .seconds(179)) == [])
        #expect(peer.deadline == .seconds(180))
        #expect(peer.lapse(at: .seconds(180)) == [bob])
        #expect(peer.shown(bob) == nil && peer.shown(carol) == nil && peer.deadline == nil)
        let later = peer.receive(position(4, 1), [(bob, .online)], at: .seconds(200))
        #expect(later == .init(wantsSnapshot: true, changed: [bob]))
    }

    @Test("a snapshot in parts: who is in none of them is gone; a lost part makes it be asked for again")
    func snapshot() {
        var peer = PeerPresence()
        _ = peer.receive(position(5, 1, part: 1), [(bob, .online), (carol, .online)], at: .seconds(0))
        #expect(peer.receive(position(5, 2, part: 1, isLast: false), [(bob, .online)], at: .seconds(1)) == .init())
        #expect(peer.shown(carol) == .online)
        #expect(peer.receive(position(5, 3, part: 2), [], at: .seconds(2)) == .init(changed: [carol]))
        #expect(peer.shown(carol) == nil)
        _ = peer.receive(position(5, 4, part: 1, isLast: false), [], at: .seconds(3))
        let torn = peer.receive(position(5, 5, part: 3), [(carol, .online)], at: .seconds(4))
        #expect(torn.changed == [carol])
        #expect(peer.shown(bob) == .online, "half a snapshot takes nobody away")
    }

    @Test("a new start of the peer: what it said before stays until its snapshot, 120 s at most")
    func restart() {
        var peer = PeerPresence()
        _ = peer.receive(position(5, 1, part: 1), [(bob, .online), (carol, .online)], at: .seconds(0))
        let first = peer.receive(position(6, 1), [(bob, .online)], at: .seconds(10))
        #expect(first == .init(wantsSnapshot: true))
        _ = peer.receive(position(6, 2), [], at: .seconds(70))
        #expect(peer.shown(carol) == .online)
        #expect(peer.lapse(at: .seconds(130)) == [carol])
        #expect(peer.shown(bob) == .online)
        var other = PeerPresence()
        _ = other.receive(position(5, 1, part: 1), [(bob, .online), (carol, .online)], at: .seconds(0))
        let whole = other.receive(position(6, 1, part: 1), [(bob, .online)], at: .seconds(1))
        #expect(whole == .init(changed: [carol]))
        #expect(other.lapse(at: .seconds(100)) == [])
    }
}
