package import Home
package import Wire

/// The body of `POST /federation/v1/rosters`: either the hash of all claims or a page of them; both sides use it.
package enum RosterRequest: Sendable {
    case digest(RosterDigest)
    case page(RosterPage)

    /// A hash says nothing to whoever has not the same rosters.
    var namesPeople: Bool {
        switch self {
        case .digest: false
        case .page: true
        }
    }

    package init(body: [UInt8]) throws(FederationError) {
        let object = try ReceivedTransaction.object(of: body)
        do throws(FieldError) {
            let mark = LaneMark(
                epoch: try LanePosition.epoch(of: object), seq: try object.integer("seq", in: 0...Limits.largestNumber))
            if let hash = try object.optionalString("digest", maxBytes: 64) {
                self = .digest(RosterDigest(mark: mark, hash: hash))
            } else {
                let claims = try object.objects("claims", maxCount: Limits.rosterClaims)
                self = .page(RosterPage(mark: mark, claims: try claims.map(RosterClaim.init(reading:))))
            }
        } catch {
            throw .invalid(problem: error.description)
        }
    }
}

extension RosterRequest: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        switch self {
        case .digest(let digest):
            digest.mark.writeFields(to: &writer)
            writer.field("digest", digest.hash)
        case .page(let page):
            page.mark.writeFields(to: &writer)
            writer.field("claims", page.claims)
        }
        writer.endObject()
    }
}

extension LaneMark {
    fileprivate func writeFields(to writer: inout JSONWriter) {
        writer.field("epoch", epoch)
        writer.field("seq", seq)
    }
}

extension RosterClaim: JSONWritable {
    init(reading object: JSONObject) throws(FieldError) {
        guard let state = State(rawValue: try object.string("state", maxBytes: 64)) else {
            throw object.problem("state", "must be friends, outgoing or incoming")
        }
        self.init(
            user: try object.userID("user"), friend: try object.userID("friend"), state: state,
            request: try object.id("request_id"), crossed: try object.optionalID("crossed_id"))
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("user", user)
        writer.field("friend", friend)
        writer.field("state", state.rawValue)
        writer.field("request_id", request)
        writer.field("crossed_id", crossed)
        writer.endObject()
    }
}

/// The answer to it: `{"state":…}`.
extension RosterVerdict: JSONWritable {
    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("state", rawValue)
        writer.endObject()
    }

    init(answer body: [UInt8]) throws(PeerFailure) {
        guard let object = (try? JSON.parse(body))?.object, let text = try? object.string("state", maxBytes: 64),
            let verdict = RosterVerdict(rawValue: text)
        else { throw .malformed("no verdict on rosters") }
        self = verdict
    }
}
