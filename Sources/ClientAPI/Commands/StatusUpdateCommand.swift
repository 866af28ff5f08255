import Home
import Wire

/// `status-update`: what the user wants to be seen as. All his sessions hear `own-status-changed`.
struct StatusUpdateCommand: Sendable {
    static let command = Command(type: "status-update", rate: .status) { frame, _ throws(FieldError) in
        .run(try StatusUpdateCommand(frame).change)
    }

    let status: OwnStatus

    init(_ frame: JSONObject) throws(FieldError) {
        guard let status = OwnStatus(rawValue: try frame.string("status")) else {
            throw frame.problem("status", "must be online, offline or invisible")
        }
        self.status = status
    }

    @Sendable
    private func change(_ context: CommandContext) async throws(HomeError) -> CommandAnswer {
        try await context.home.changeStatus(to: status, of: context.account)
        return .nothing
    }
}
