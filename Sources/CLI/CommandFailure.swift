import Home
import Wire

/// Why a command could not do what it was asked; the text is for the operator.
struct CommandFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    init(_ error: HomeError) {
        description =
            switch error {
            case .unauthorized: "the password or token is not valid"
            case .forbidden(let what), .notFound(let what), .conflict(let what), .unavailable(let what): what
            case .invalid(let field, let problem), .tooLarge(let field, let problem): "\(field) \(problem)"
            case .rateLimited, .slowMode: "too many attempts; try again later"
            case .notFriends: "the two are no friends"
            case .blocked: "one has blocked the other"
            case .remoteUnreachable(let server): "\(server) cannot be reached"
            case .internal: "an error of the homeserver's own; its log says more"
            }
    }
}
