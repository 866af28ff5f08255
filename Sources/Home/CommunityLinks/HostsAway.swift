import Synchronization
package import Wire

/// The homeservers that did not answer when they were asked last: what stands here of their communities may be old.
///
/// State: a `Mutex`; memory only. It is learnt anew after a start.
final class HostsAway: Sendable {
    /// Each with the time (monotonic) when it was asked in vain for the last time.
    private let names = Mutex<[ServerName: Duration]>([:])

    func contains(_ name: ServerName) -> Bool { names.withLock { $0[name] != nil } }

    /// - Parameter asked: When the request was made. What was asked before something else in vain says nothing any more.
    /// - Returns: Whether that is news.
    func note(_ name: ServerName, isAway: Bool, asked: Duration) -> Bool {
        names.withLock { names in
            let before = names[name]
            guard !isAway else {
                names[name] = max(asked, before ?? asked)
                return before == nil
            }
            guard let before, asked >= before else { return false }
            names[name] = nil
            return true
        }
    }
}

extension Home {
    /// Whether what is shown of a community may be old.
    func isStale(_ community: Community) -> Bool { community.host.map { hostsAway.contains($0.name) } ?? false }

    /// A peer has answered, or has not: members of communities that it hosts are told when that is news.
    ///
    /// - Parameter asked: When the request was made (monotonic).
    package func noteAnswer(of server: ServerName, isAway: Bool, asked: Duration) async {
        guard hostsAway.note(server, isAway: isAway, asked: asked) else { return }
        do throws(HomeError) {
            let keys = try await communityStore.copies(hostedBy: server)
            guard !keys.isEmpty else {
                // Anybody may ask for a name that nothing here is hosted by: those are not kept.
                _ = hostsAway.note(server, isAway: false, asked: asked)
                return
            }
            try await writer.submit(TellHostAway(communities: keys, isAway: isAway))
        } catch {
            // It is told with the next news; until then a client has it from what it reads.
            _ = hostsAway.note(server, isAway: !isAway, asked: asked)
        }
    }

    /// Asks a peer something for a user, and notes whether it is there.
    func ask(_ server: ServerName, _ call: CarriedCall) async throws(HomeError) -> CarriedAnswer {
        let asked = time.monotonic()
        do throws(HomeError) {
            let answer = try await peerCalls.call(server, call)
            await noteAnswer(of: server, isAway: false, asked: asked)
            return answer
        } catch {
            switch error {
            case .remoteUnreachable: await noteAnswer(of: server, isAway: true, asked: asked)
            // What its users and ours had in common is over.
            case .blocked: try await endMemberships(with: server)
            default: break
            }
            throw error
        }
    }
}

private struct TellHostAway: WriteUnit {
    let communities: [CommunityKey]
    let isAway: Bool

    func declare(_ needs: inout BatchNeeds) {
        needs.communities.formUnion(communities)
    }

    func apply(to batch: inout Batch) throws(HomeError) {
        for key in communities {
            guard let copy = batch.communities[key], !copy.localMembers.isEmpty else { continue }
            batch.tellCommunity(key, .member, reason: .updated, isStale: isAway)
        }
    }
}
