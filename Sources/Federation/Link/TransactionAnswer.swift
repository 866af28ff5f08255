package import Home
package import Wire

/// What a peer answers to a transaction: `{"epoch","ack","rejected":[{"seq","code"}],"window"}`; both sides use it.
package struct TransactionAnswer: Sendable, Equatable {
    package let epoch: String
    /// The highest contiguous number whose effect is committed.
    package let ack: Int64
    package let rejected: [RejectedEvent]
    /// How many events the peer takes in one request.
    package let window: Int

    package init(epoch: String, ack: Int64, rejected: [RejectedEvent], window: Int = Limits.transactionEvents) {
        self.epoch = epoch
        self.ack = ack
        self.rejected = rejected
        self.window = window
    }

    package init(body: [UInt8]) throws(PeerFailure) {
        do {
            guard let object = try JSON.parse(body).object else { throw PeerFailure.malformed("no object") }
            epoch = try object.string("epoch", maxBytes: Limits.epochBytes)
            ack = try object.integer("ack", in: 0...Limits.largestNumber)
            window = Int(try object.integer("window", in: 1...1_000_000))
            rejected = try object.objects("rejected", maxCount: Limits.transactionEvents).map { entry in
                RejectedEvent(
                    seq: try entry.integer("seq", in: 1...Limits.largestNumber),
                    code: try TransactionAnswer.code(of: entry))
            }
        } catch let failure as PeerFailure {
            throw failure
        } catch {
            throw .malformed("\(error)")
        }
    }

    /// A code is shown to users' clients: it is a short word or it is `unknown`.
    private static func code(of entry: JSONObject) throws(FieldError) -> String {
        let code = try entry.string("code")
        let isWord =
            (1...32).contains(code.utf8.count)
            && code.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || byte == UInt8(ascii: "_")
            }
        return isWord ? code : "unknown"
    }
}

extension TransactionAnswer: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("epoch", epoch)
        writer.field("ack", ack)
        writer.key("rejected")
        writer.beginArray()
        for event in rejected {
            writer.beginObject()
            writer.field("seq", event.seq)
            writer.field("code", event.code)
            writer.endObject()
        }
        writer.endArray()
        writer.field("window", window)
        writer.endObject()
    }
}
