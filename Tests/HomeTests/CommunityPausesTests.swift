import Testing
import Wire

@testable import Home

@Suite("What another homeserver may have of a community only once in a while")
struct CommunityPausesTests {
    let now = Instant(seconds: 1_790_000_000)
    let gamma = Retelling(community: CommunityKey(1), peer: PeerKey(1))

    @Test("Everything is told anew when the pause is over, to each homeserver of each community")
    func retelling() {
        var pauses = CommunityPauses()
        #expect(pauses.mayRetell(gamma, at: now))
        pauses.note(gamma, at: now)
        #expect(!pauses.mayRetell(gamma, at: now))
        #expect(!pauses.mayRetell(gamma, at: now + Limits.retellInterval - .milliseconds(1)))
        #expect(pauses.mayRetell(gamma, at: now + Limits.retellInterval))
        #expect(pauses.mayRetell(Retelling(community: gamma.community, peer: PeerKey(2)), at: now))
        #expect(pauses.mayRetell(Retelling(community: CommunityKey(2), peer: gamma.peer), at: now))
        // What is noted later forgets only what is over.
        pauses.note(Retelling(community: CommunityKey(2), peer: gamma.peer), at: now + .seconds(1))
        #expect(!pauses.mayRetell(gamma, at: now + .seconds(1)))
    }

    @Test("A copy begins with another life when the pause is over")
    func beginning() {
        var pauses = CommunityPauses()
        #expect(pauses.mayBeginAnew(CommunityKey(1), at: now))
        pauses.noteBeginning(of: CommunityKey(1), at: now)
        #expect(!pauses.mayBeginAnew(CommunityKey(1), at: now + Limits.newLifeInterval - .seconds(1)))
        #expect(pauses.mayBeginAnew(CommunityKey(1), at: now + Limits.newLifeInterval))
        #expect(pauses.mayBeginAnew(CommunityKey(2), at: now))
    }

    @Test("A clock that was set back makes no pause longer")
    func clock() {
        var pauses = CommunityPauses()
        pauses.note(gamma, at: now)
        pauses.noteBeginning(of: gamma.community, at: now)
        #expect(pauses.mayRetell(gamma, at: now - .seconds(3600)))
        #expect(pauses.mayBeginAnew(gamma.community, at: now - .seconds(3600)))
    }
}
