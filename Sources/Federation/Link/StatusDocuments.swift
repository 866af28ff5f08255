package import Home
package import Wire

/// The body of `POST /federation/v1/statuses`, `{"v":1,"community_id","viewer","users"}`; both sides use it.
extension StatusQuestion: JSONWritable {
    package init(body: [UInt8]) throws(FederationError) {
        let object = try ReceivedTransaction.object(of: body)
        do throws(FieldError) {
            self.init(
                community: try object.id("community_id"), viewer: try object.userID("viewer"),
                users: try object.statusUsers("users"))
        } catch {
            throw .invalid(problem: error.description)
        }
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("v", 1)
        writer.field("community_id", community)
        writer.field("viewer", viewer)
        writer.field("users", users.map(\.text))
        writer.endObject()
    }
}

/// The answer to it, `{"online"}`: those of the users who are.
package struct StatusAnswer: JSONWritable, Sendable, Equatable {
    package let online: [UserID]

    package init(online: [UserID]) {
        self.online = online
    }

    package init(answer body: [UInt8]) throws(PeerFailure) {
        guard let object = (try? JSON.parse(body, limits: .link))?.object else { throw .malformed("no object") }
        do throws(FieldError) {
            online = try object.statusUsers("online")
        } catch {
            throw .malformed(error.description)
        }
    }

    package func write(to writer: inout JSONWriter) {
        writer.beginObject()
        writer.field("online", online.map(\.text))
        writer.endObject()
    }
}

extension JSONObject {
    fileprivate func statusUsers(_ key: String) throws(FieldError) -> [UserID] {
        var users: [UserID] = []
        for (index, value) in try array(key, maxCount: Limits.statusUsers).enumerated() {
            guard case .string(let address) = value, let user = UserID(address) else {
                throw problem("\(key)[\(index)]", "must be an address such as name@server")
            }
            users.append(user)
        }
        return users
    }
}
