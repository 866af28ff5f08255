/// `bye`: the client ends its stream for good; nothing is kept for a `resume`.
enum ByeCommand {
    static let command = Command(type: "bye", rate: .command) { _, _ in .bye }
}
