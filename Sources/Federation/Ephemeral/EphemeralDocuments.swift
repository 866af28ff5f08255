package import Home
package import Wire

/// The body of `POST /federation/v1/ephemeral`; both sides use it.
package struct EphemeralRequest: Sendable {
    package let position: EphemeralPosition
    package let items: [PresenceItem]

    package init(position: EphemeralPosition, items: [PresenceItem]) {
        self.position = position
        self.items = items
    }

    /// Items of a type that is not known are left out: they are of a later version.
    package init(body: [UInt8]) throws(FederationError) {
        let object = try ReceivedTransaction.object(of: body)
        do throws(FieldError) {
            position = EphemeralPosition(
                gen: try object.integer("gen", in: 1...Limits.largestNumber),
                n: try object.integer("n", in: 1...Limits.largestNumber),
                snapshot: try EphemeralRequest.part(object.optionalObject("snapshot")))
            var items: [PresenceItem] = []
            for entry in try object.objects("items", maxCount: Limits.ephemeralItems) {
                if let item = try EphemeralRequest.item(entry) { items.append(item) }
            }
            self.items = items
        } catch {
            throw .invalid(problem: error.description)
        }
    }

    private static func part(_ object: JSONObject?) throws(FieldError) -> SnapshotPart? {
        guard let object else { return nil }
        return SnapshotPart(
            part: try object.integer("part", in: 1...Limits.largestNumber), isLast: try object.bool("last"))
    }

    private static func item(_ entry: JSONObject) throws(FieldError) -> PresenceItem? {
        switch try entry.string("type", maxBytes: 64) {
        case "presence":
            let status = try entry.string("status", maxBytes: 64)
            guard status == "online" || status == "offline" else {
                throw entry.problem("status", "must be online or offline")
            }
            let shown = ShownPresence(
                isOnline: status == "online", lastSeen: try entry.optionalInstant("last_seen"))
            return .status(try entry.userID("user"), shown)
        case "probe":
            return .probe(from: try entry.userID("from"), of: try entry.userID("user"))
        default:
            return nil
        }
    }
}

extension EphemeralRequest: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("gen", position.gen)
        writer.field("n", position.n)
        if let snapshot = position.snapshot {
            writer.key("snapshot")
            writer.beginObject()
            writer.field("part", snapshot.part)
            writer.field("last", snapshot.isLast)
            writer.endObject()
        }
        writer.key("items")
        writer.beginArray()
        for item in items {
            writer.beginObject()
            switch item {
            case .status(let user, let shown):
                writer.field("type", "presence")
                writer.field("user", user)
                writer.field("status", shown.word)
                writer.field("last_seen", shown.lastSeen)
            case .probe(let from, let user):
                writer.field("type", "probe")
                writer.field("from", from)
                writer.field("user", user)
            }
            writer.endObject()
        }
        writer.endArray()
        writer.endObject()
    }
}

/// The answer to it: `{"taken","snapshot","rosters"}`.
extension EphemeralAnswer: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("taken", isTaken)
        writer.field("snapshot", wantsSnapshot)
        writer.field("rosters", wantsRosters)
        writer.endObject()
    }

    init(answer body: [UInt8]) throws(PeerFailure) {
        guard let object = (try? JSON.parse(body))?.object else { throw .malformed("no object") }
        do throws(FieldError) {
            self.init(
                isTaken: try object.bool("taken"), wantsSnapshot: try object.bool("snapshot"),
                wantsRosters: try object.bool("rosters"))
        } catch {
            throw .malformed(error.description)
        }
    }
}
