import Wire

/// `ping`: the client lives, and says how far it has read.
struct PingCommand: Sendable {
    static let command = Command(type: "ping", rate: .command) { frame, _ throws(FieldError) in
        .ping(try PingCommand(frame))
    }

    /// The last number that the client has seen; nil when it does not keep count.
    let s: Int64?

    init(_ frame: JSONObject) throws(FieldError) {
        s = try frame.optionalInteger("s", in: 0 ... .max)
    }
}
