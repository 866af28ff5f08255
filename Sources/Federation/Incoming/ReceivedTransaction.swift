package import Home
package import Wire

/// The body of a transaction, `{"v":1,"events":[{seq,id,type,ts,sender,to,data}…]}`, read after its digest held.
package struct ReceivedTransaction: Sendable {
    package let events: [InboundEvent]

    /// - Parameters:
    ///   - first: The number in the request's path, which the first event must have.
    ///   - origin: The server that signed the request.
    ///   - home: This server.
    package init(body: [UInt8], first: Int64, from origin: ServerName, to home: ServerName) throws(FederationError) {
        let object = try ReceivedTransaction.object(of: body)
        do throws(FieldError) {
            let entries = try object.objects("events", maxCount: Limits.transactionEvents)
            var events: [InboundEvent] = []
            events.reserveCapacity(entries.count)
            for (index, entry) in entries.enumerated() {
                let seq = try entry.integer("seq", in: 1...Limits.largestNumber)
                guard seq - first == Int64(index) else {
                    throw entry.problem("seq", "must continue the numbers from \(first)")
                }
                let isTooLarge = body.count > Limits.eventBytes && JSONWriter.bytes(of: entry).count > Limits.eventBytes
                let event = isTooLarge ? nil : ReceivedTransaction.event(entry, seq: seq)
                events.append(event ?? ReceivedTransaction.unreadable(entry, seq: seq, from: origin, to: home))
            }
            self.events = events
        } catch {
            throw .invalid(problem: error.description)
        }
    }

    /// The body of a request of this version.
    static func object(of body: [UInt8], limits: JSONLimits = .link) throws(FederationError) -> JSONObject {
        let document: JSON
        do throws(JSONError) {
            document = try JSON.parse(body, limits: limits)
        } catch {
            throw .invalid(problem: error.description)
        }
        guard let object = document.object else { throw .invalid(problem: "the body must be an object") }
        guard case .integer(let version)? = object["v"] else { throw .invalid(problem: "v must be an integer") }
        guard version == 1 else { throw .version }
        return object
    }

    private static func event(_ entry: JSONObject, seq: Int64) -> InboundEvent? {
        do throws(FieldError) {
            return InboundEvent(
                seq: seq, id: try entry.id("id"), type: try entry.string("type", maxBytes: 64),
                sender: try entry.userID("sender"), to: try entry.optionalUserID("to"),
                timestamp: try entry.instant("ts"),
                data: try entry.object("data"))
        } catch {
            return nil
        }
    }

    /// An event that has a number and is otherwise not one of this version, or is too large.
    ///
    /// It goes on without its data, so that it is rejected by its type (`unsupported`) or for what is missing
    /// (`invalid`): the number is acknowledged, and what stands behind it in the lane arrives.
    private static func unreadable(
        _ entry: JSONObject, seq: Int64, from origin: ServerName, to home: ServerName
    ) -> InboundEvent {
        guard let sender = UserID(local: "-", server: origin), let receiver = UserID(local: "-", server: home) else {
            preconditionFailure("a hyphen is a local part")
        }
        return InboundEvent(
            seq: seq, id: (try? entry.id("id")) ?? EventID(high: 0, low: UInt64(bitPattern: seq)),
            type: (try? entry.string("type", maxBytes: 64)) ?? "", sender: (try? entry.userID("sender")) ?? sender,
            to: (try? entry.userID("to")) ?? receiver, timestamp: (try? entry.instant("ts")) ?? Instant(seconds: 0),
            data: JSONObject())
    }
}
