package import Home
package import Wire

/// The body of `POST /federation/v1/calls`, `{"v":1,"user","method","target","body"?}`; both sides use it.
extension CarriedCall: JSONWritable {
    private static let methodBytes = 16

    /// - Parameter origin: The server that signed the request: it speaks for its own users only.
    package init(body: [UInt8], from origin: ServerName) throws(FederationError) {
        let object = try ReceivedTransaction.object(of: body, limits: .call)
        do throws(FieldError) {
            let user = try object.userID("user")
            guard user.server == origin else { throw object.problem("user", "must be of the server that asks") }
            self.init(
                user: user, method: try object.string("method", maxBytes: CarriedCall.methodBytes),
                target: try object.string("target", maxBytes: Limits.callTargetBytes),
                body: try object.optionalObject("body").map { JSONWriter.bytes(of: $0) })
        } catch {
            throw .invalid(problem: error.description)
        }
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("user", user)
        writer.field("method", method)
        writer.field("target", target)
        if let body {
            writer.key("body")
            writer.raw(body)
        }
        writer.endObject()
    }
}

/// The answer to it, `{"status","body"?,"lane":{"epoch","seq"}?}`.
extension CarriedAnswer: JSONWritable {
    /// Whatever a client can be told: of anything else a client of ours would make something that was never meant, such as that his
    /// session has ended.
    private static let statuses: Set<Int64> = [200, 201, 204, 400, 403, 404, 409, 413, 415, 429, 500, 502, 503]

    package init(answer body: [UInt8]) throws(PeerFailure) {
        do {
            guard let object = try JSON.parse(body, limits: .call).object else {
                throw PeerFailure.malformed("no object")
            }
            let status = try object.integer("status")
            guard CarriedAnswer.statuses.contains(status) else {
                throw PeerFailure.malformed("a status that no client is told")
            }
            let said = try object.optionalObject("body")
            guard (said == nil) == (status == 204) else {
                throw PeerFailure.malformed("a body where none belongs, or none where one does")
            }
            self.init(
                status: Int(status), body: said.map { JSONWriter.bytes(of: $0) },
                lane: try object.optionalObject("lane").map(Place.init(reading:)))
        } catch let failure as PeerFailure {
            throw failure
        } catch {
            throw .malformed("\(error)")
        }
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("status", status)
        if let body {
            writer.key("body")
            writer.raw(body)
        }
        if let lane {
            writer.key("lane")
            writer.beginObject()
            writer.field("epoch", lane.epoch)
            writer.field("seq", lane.seq)
            writer.endObject()
        }
        writer.endObject()
    }
}

extension CarriedAnswer.Place {
    fileprivate init(reading object: JSONObject) throws(FieldError) {
        self.init(
            epoch: try LanePosition.epoch(of: object), seq: try object.integer("seq", in: 0...Limits.largestNumber))
    }
}
