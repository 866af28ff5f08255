package import Wire

/// The command `peer.changed`: an operator has said something of a peer, so the running process looks at what the database has of it now.
package struct PeerChange: Sendable, Equatable {
    package static let kind = "peer.changed"

    package let server: ServerName
    /// Whether what is remembered of its keys is void.
    package let voidsKeys: Bool

    package init(of server: ServerName, voidsKeys: Bool = false) {
        self.server = server
        self.voidsKeys = voidsKeys
    }

    /// Reads `{"server":…,"voids_keys":…}`.
    package init(payload: String) throws(HomeError) {
        guard case .object(let object)? = try? JSON.parse(Array(payload.utf8)) else {
            throw .invalid(field: "payload", problem: "must be an object")
        }
        do throws(FieldError) {
            server = try object.serverName("server")
            voidsKeys = object["voids_keys"] == .bool(true)
        } catch { throw HomeError(error) }
    }

    var payload: String {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("server", server)
        writer.field("voids_keys", voidsKeys)
        writer.endObject()
        return String(decoding: writer.bytes, as: UTF8.self)
    }
}
