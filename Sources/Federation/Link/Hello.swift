package import Wire

/// The body of `POST /federation/v1/hello`: where the sender's lane to the receiver stands, and what it has of the
/// receiver's. Sent at start and when a peer does not know our epoch; both sides use it.
package struct Hello: Sendable, Equatable {
    /// The epoch of the sender's lane.
    package let epoch: String
    /// The number of the next event that it will send.
    package let firstSeq: Int64
    /// The smallest number that it still holds: a receiver that has lost events asks for what is left of them. Nil from those who do not say.
    package let heldFrom: Int64?
    /// How far it has applied the receiver's lane; nil before the receiver's first hello.
    package let received: LanePosition?
    /// The token of the receiver's invitation, until it was taken; nil for everybody else.
    package let invite: String?

    package init(
        epoch: String, firstSeq: Int64, heldFrom: Int64? = nil, received: LanePosition?, invite: String? = nil
    ) {
        self.epoch = epoch
        self.firstSeq = firstSeq
        self.heldFrom = heldFrom
        self.received = received
        self.invite = invite
    }

    package init(body: [UInt8]) throws(FederationError) {
        let object = try ReceivedTransaction.object(of: body)
        do throws(FieldError) {
            epoch = try LanePosition.epoch(of: object)
            firstSeq = try object.integer("first_seq", in: 1...Limits.largestNumber)
            heldFrom = try object.optionalInteger("held_from", in: 1...Limits.largestNumber)
            received = try object.optionalObject("received").map(LanePosition.init(reading:))
            invite = try object.optionalString("invite", maxBytes: Limits.inviteBytes)
        } catch {
            throw .invalid(problem: error.description)
        }
    }
}

extension Hello: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("epoch", epoch)
        writer.field("first_seq", firstSeq)
        writer.field("held_from", heldFrom)
        writer.field("received", received)
        writer.field("invite", invite)
        writer.endObject()
    }
}

/// How far a lane has been applied: the answer to a hello, and a part of it.
package struct LanePosition: Sendable, Equatable {
    package let epoch: String
    package let last: Int64
    /// The id of the event that has this number, by which a fork is seen before anything is sent; nil where it is not known.
    package let lastEvent: EventID?

    package init(epoch: String, last: Int64, lastEvent: EventID? = nil) {
        self.epoch = epoch
        self.last = last
        self.lastEvent = lastEvent
    }

    init(reading object: JSONObject) throws(FieldError) {
        epoch = try LanePosition.epoch(of: object)
        last = try object.integer("last", in: 0...Limits.largestNumber)
        lastEvent = try object.optionalID("last_event")
    }

    /// The answer to our hello.
    init(answer body: [UInt8]) throws(PeerFailure) {
        guard let object = (try? JSON.parse(body))?.object else { throw .malformed("no object") }
        do throws(FieldError) {
            try self.init(reading: object)
        } catch {
            throw .malformed(error.description)
        }
    }

    static func epoch(of object: JSONObject) throws(FieldError) -> String {
        let epoch = try object.string("epoch", maxBytes: Limits.epochBytes)
        guard isEpoch(epoch) else { throw object.problem("epoch", "must be 1 to 64 of A-Z a-z 0-9 . _ -") }
        return epoch
    }

    /// Whether a path segment or a field may name an epoch.
    package static func isEpoch(_ text: some StringProtocol) -> Bool {
        (1...Limits.epochBytes).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}

extension LanePosition: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("epoch", epoch)
        writer.field("last", last)
        writer.field("last_event", lastEvent)
        writer.endObject()
    }
}
