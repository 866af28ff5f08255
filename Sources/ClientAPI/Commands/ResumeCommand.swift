import Wire

/// `resume`: the first frame on a socket opened with `resume=1`, which wants to go on with an earlier stream.
struct ResumeCommand: Sendable {
    /// More than any epoch of ours has.
    private static let epochBytes = 64

    static let command = Command(type: "resume", rate: .command) { frame, _ throws(FieldError) in
        .resume(try ResumeCommand(frame))
    }

    let stream: StreamID
    let epoch: String
    /// The last number that the client has seen.
    let s: Int64

    init(stream: StreamID, epoch: String, s: Int64) {
        self.stream = stream
        self.epoch = epoch
        self.s = s
    }

    init(_ frame: JSONObject) throws(FieldError) {
        stream = try frame.id("session_id")
        epoch = try frame.string("epoch", maxBytes: ResumeCommand.epochBytes)
        s = try frame.integer("s", in: 0 ... .max)
    }
}
