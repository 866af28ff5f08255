import Wire

/// The end of a complete replay: from here on everything is live.
struct ResumedFrame: JSONWritable {
    /// How many frames were sent again.
    let replayed: Int

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "resumed")
        json.field("replayed", replayed)
        json.endObject()
    }
}

/// The stream cannot be resumed completely: `ready` follows, and the client compares `last_seq`.
struct ResyncFrame: JSONWritable {
    enum Reason: String, CaseIterable {
        /// `resume=1` was said and no `resume` came in time.
        case timeout
        /// The homeserver was started anew since.
        case epoch
        /// There is no such stream of this login session; it may have expired.
        case unknownSession = "unknown_session"
        /// The stream no longer has everything after `s`.
        case tooOld = "too_old"
        /// The stream never gave that number.
        case ahead
        /// The homeserver has learnt of a commit that nobody was told of; it comes without a `resume`, too.
        case recovered
    }

    let reason: Reason

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "resync")
        json.field("reason", reason.rawValue)
        json.endObject()
    }
}
