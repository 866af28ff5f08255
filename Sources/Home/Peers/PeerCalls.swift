package import Wire

/// What a user asks of another homeserver, carried there by his own: a request of the client API, about a community that is hosted there.
///
/// His homeserver answers for who he is, the other one for what he may.
package struct CarriedCall: Sendable, Equatable {
    package let user: UserID
    package let method: String
    /// Path and query as in the client API, from `/api/v1/` on.
    package let target: String
    /// The JSON object that was sent; nil without one.
    package let body: [UInt8]?

    package init(user: UserID, method: String, target: String, body: [UInt8]? = nil) {
        self.user = user
        self.method = method
        self.target = target
        self.body = body
    }
}

/// What the other homeserver answers: a status of HTTP, and a JSON object unless it is 204.
package struct CarriedAnswer: Sendable, Equatable {
    /// A place in the durable lane of whoever answers to whoever asks.
    package struct Place: Sendable, Equatable {
        package let epoch: String
        package let seq: Int64

        package init(epoch: String, seq: Int64) {
            self.epoch = epoch
            self.seq = seq
        }
    }

    package let status: Int
    package let body: [UInt8]?
    /// Everything that the request caused stands in the lane up to here; nil when there is no lane.
    package let lane: Place?

    package init(status: Int, body: [UInt8]?, lane: Place?) {
        self.status = status
        self.body = body
        self.lane = lane
    }
}

/// What a community's home asks a homeserver that has members of it: who of these is online to somebody who looks at them.
package struct StatusQuestion: Sendable, Equatable {
    package let community: CommunityID
    /// A member of the community, of whatever homeserver.
    package let viewer: UserID
    /// At most `Limits.statusUsers`.
    package let users: [UserID]

    package init(community: CommunityID, viewer: UserID, users: [UserID]) {
        self.community = community
        self.viewer = viewer
        self.users = users
    }
}

/// The way to ask another homeserver something for a user; the federation module implements it.
package protocol PeerCalls: Sendable {
    /// Throws `remoteUnreachable` when there is no answer in time, or none that is the homeserver's, and `blocked` when it has proved that it
    /// has blocked this one.
    func call(_ server: ServerName, _ call: CarriedCall) async throws(HomeError) -> CarriedAnswer

    /// Those who are online, as their homeserver says. Throws what `call` throws, much sooner, and `unavailable` when it was not asked because
    /// too much is being asked of it already.
    func online(_ server: ServerName, _ question: StatusQuestion) async throws(HomeError) -> Set<UserID>
}

/// Where federation is closed.
package struct NoPeerCalls: PeerCalls {
    package init() {}

    package func call(_ server: ServerName, _ call: CarriedCall) async throws(HomeError) -> CarriedAnswer {
        throw .remoteUnreachable(server)
    }

    package func online(_ server: ServerName, _ question: StatusQuestion) async throws(HomeError) -> Set<UserID> {
        throw .remoteUnreachable(server)
    }
}
