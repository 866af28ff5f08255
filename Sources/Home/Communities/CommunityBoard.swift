import Synchronization
import Wire

/// The communities that are in memory: what the Writer last committed of each.
///
/// State: a `Mutex`. Only the Writer puts communities in, after COMMIT, and there is one serving process a database, so what stands here is
/// what the database holds; whoever misses one has the Writer load it (`Home.community`). At most `maximumMembers` members are kept: beyond
/// that the communities that nobody has asked for the longest go, and are loaded again when somebody does.
final class CommunityBoard: Sendable {
    static let maximumMembers = 500_000

    /// Where a channel is; true for ever.
    struct Place: Sendable {
        let community: CommunityKey
        let channel: ChannelKey
    }

    fileprivate struct Entry {
        var community: Community
        /// Counts the questions, so that the smallest was asked for the longest ago.
        var askedAt: UInt64
    }

    fileprivate struct State {
        var questions: UInt64 = 0

        var communities: [CommunityKey: Entry] = [:]
        var byID: [CommunityID: CommunityKey] = [:]
        var places: [ConversationID: Place] = [:]
        var members = 0
        var pauses = CommunityPauses()
    }

    private let state = Mutex(State())

    /// What the last batch has left of them.
    var pauses: CommunityPauses {
        get { state.withLock { $0.pauses } }
        set { state.withLock { $0.pauses = newValue } }
    }

    subscript(key: CommunityKey) -> Community? { state.withLock { $0.ask(for: key) } }

    func key(of id: CommunityID) -> CommunityKey? { state.withLock { $0.byID[id] } }

    func place(of channel: ConversationID) -> Place? { state.withLock { $0.places[channel] } }

    func communities(_ keys: Set<CommunityKey>) -> [CommunityKey: Community] {
        state.withLock { state in
            var found: [CommunityKey: Community] = [:]
            for key in keys { found[key] = state.ask(for: key) }
            return found
        }
    }

    /// What a batch has committed, and what it has loaded.
    func publish(_ communities: some Sequence<Community>) {
        state.withLock { state in
            for community in communities {
                state.forget(community.key)
                while state.members + community.members.count > Self.maximumMembers, !state.communities.isEmpty {
                    guard let oldest = state.communities.min(by: { $0.value.askedAt < $1.value.askedAt }) else { break }
                    state.forget(oldest.key)
                }
                state.keep(community)
            }
        }
    }

    /// A batch over these failed, and nobody can say whether it committed; or they are gone.
    func forget(_ keys: Set<CommunityKey>) {
        state.withLock { state in
            for key in keys { state.forget(key) }
        }
    }

    /// All copies of these homeservers' communities were changed in the database alone.
    func forget(hostedBy hosts: Set<PeerKey>) {
        state.withLock { state in
            for (key, entry) in state.communities where entry.community.host.map({ hosts.contains($0.key) }) ?? false {
                state.forget(key)
            }
        }
    }
}

extension CommunityBoard.State {
    fileprivate mutating func ask(for key: CommunityKey) -> Community? {
        guard communities[key] != nil else { return nil }
        questions += 1
        communities[key]?.askedAt = questions
        return communities[key]?.community
    }

    fileprivate mutating func keep(_ community: Community) {
        questions += 1
        members += community.members.count
        communities[community.key] = .init(community: community, askedAt: questions)
        byID[community.id] = community.key
        for channel in community.channels.values {
            places[channel.id] = CommunityBoard.Place(community: community.key, channel: channel.key)
        }
    }

    fileprivate mutating func forget(_ key: CommunityKey) {
        guard let community = communities.removeValue(forKey: key)?.community else { return }
        members -= community.members.count
        byID[community.id] = nil
        for channel in community.channels.values { places[channel.id] = nil }
    }
}
