import Wire

/// One text frame of a client, parsed: a JSON object whose `type` names it; made by `WebSocketSession`.
struct ClientFrame: Sendable {
    let type: String
    let object: JSONObject

    /// Refuses what is not JSON, not an object, or has no type: such a frame counts as undecodable.
    init(_ bytes: [UInt8]) throws(ClientError) {
        let json: JSON
        do {
            json = try JSON.parse(bytes)
        } catch {
            throw ClientError(error)
        }
        guard let object = json.object else { throw ClientError(.invalid, "the frame must be a JSON object") }
        do {
            type = try object.string("type")
        } catch {
            throw ClientError(error)
        }
        self.object = object
    }

    /// The nonce to repeat in an error; nil when there is none that we would take.
    var nonce: String? {
        guard case .string(let nonce)? = object["nonce"], (1...Limits.nonceLength).contains(nonce.utf8.count),
            nonce.utf8.allSatisfy({ (0x20...0x7E).contains($0) })
        else { return nil }
        return nonce
    }

    /// The type to repeat in an error: cut, because it may be anything.
    var shortType: String { type.utf8.count <= 64 ? type : String(type.unicodeScalars.prefix(64)) }
}
