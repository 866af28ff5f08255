package import Wire

extension Home {
    /// What a community's home asks when somebody looks at its members: who of ours is online to him.
    ///
    /// Only of members, as they are known here, of a community that the peer hosts; whoever else is named is left out. Who is invisible, or has
    /// blocked the viewer, is left out like anybody who is offline.
    package func online(_ question: StatusQuestion, askedBy peer: Peer) async throws(HomeError) -> [UserID] {
        guard let copy = try await community(called: question.community), copy.host?.key == peer.key else { return [] }
        let asked = Set(question.users)
        let members = copy.members.values.filter { $0.user.peer == nil && asked.contains($0.id) }
        let online = presence.shown(among: members.map(\.user.key))
        guard !online.isEmpty else { return [] }
        // Somebody of whom nobody here has heard nobody has blocked either.
        let viewer = try await directory.resolve(question.viewer)
        let hidden = if let viewer { try await friendStore.blockers(of: viewer.key) } else { Set<UserKey>() }
        return members.filter { online.contains($0.user.key) && !hidden.contains($0.user.key) }.map(\.id).sorted()
    }
}
