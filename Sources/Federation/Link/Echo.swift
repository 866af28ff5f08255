package import Wire

/// The body of `POST /federation/v1/echo`: a text that comes back, so that both sides know that they understand each other.
package struct Echo: Sendable, Equatable {
    package let text: String
    /// Whether the receiver is to try the same in the other direction and to say in its answer what came of it.
    package let isBackWanted: Bool

    package init(text: String, isBackWanted: Bool = false) {
        self.text = text
        self.isBackWanted = isBackWanted
    }

    package init(body: [UInt8]) throws(FederationError) {
        let object = try ReceivedTransaction.object(of: body)
        do throws(FieldError) {
            text = try object.string("text", maxBytes: Limits.echoBytes)
            isBackWanted = try object.optionalBool("back") ?? false
        } catch {
            throw .invalid(problem: error.description)
        }
    }

    /// The answer's body.
    func answer(_ back: BackEcho?) -> [UInt8] {
        var writer = JSONWriter(reservingCapacity: 64 + text.utf8.count)
        writer.beginObject()
        writer.field("text", text)
        writer.field("back", back)
        writer.endObject()
        return writer.bytes
    }

    /// What a peer gave back; nil when the answer is none.
    package static func text(of answer: [UInt8]) -> String? {
        try? JSON.parse(answer).object?.string("text", maxBytes: Limits.echoBytes)
    }
}

extension Echo: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("text", text)
        if isBackWanted { writer.field("back", true) }
        writer.endObject()
    }
}
