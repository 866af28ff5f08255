import Wire

/// Who of a community's members is online where they live: their homeservers are asked when somebody here looks at them.
extension Home {
    /// Those of the members of other homeservers who are online to the viewer. The homeservers are asked side by side, each at most once; of one
    /// that is away or slow everybody is offline. Where there is nobody from elsewhere nobody is asked.
    func onlineElsewhere(
        among members: [Member], of community: CommunityID, to viewer: Account
    ) async -> Set<UserID> {
        var users: [ServerName: [UserID]] = [:]
        for member in members {
            // What a viewer's own homeserver knows it puts into the answer itself.
            guard let peer = member.user.peer, peer != viewer.peer else { continue }
            users[peer.name, default: []].append(member.id)
        }
        guard !users.isEmpty else { return [] }
        return await withTaskGroup(of: Set<UserID>.self) { group in
            for (server, users) in users {
                let question = StatusQuestion(
                    community: community, viewer: viewer.id, users: Array(users.prefix(Limits.statusUsers)))
                group.addTask { await self.online(question, at: server) }
            }
            var online: Set<UserID> = []
            for await some in group { online.formUnion(some) }
            return online
        }
    }

    private func online(_ question: StatusQuestion, at server: ServerName) async -> Set<UserID> {
        if let known = statusesElsewhere.known(question, of: server, at: time.monotonic()) { return known }
        do throws(HomeError) {
            // It has a say only of those after whom it was asked.
            let online = try await peerCalls.online(server, question).intersection(question.users)
            statusesElsewhere.learn(online, question, of: server, at: time.monotonic())
            return online
        } catch {
            let silence: Duration =
                switch error {
                case .rateLimited(let delay): min(delay, Limits.statusSilence)
                // It was not asked, so nothing is known of it.
                case .unavailable: .zero
                default: Limits.statusSilence
                }
            statusesElsewhere.noteSilence(of: server, until: time.monotonic() + silence)
            return []
        }
    }
}
