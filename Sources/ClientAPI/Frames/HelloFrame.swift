import Wire

/// The first frame on every socket of a signed-in user.
struct HelloFrame: JSONWritable {
    /// The version of this protocol.
    static let version = 1

    let server: ServerName

    func write(to json: inout JSONWriter) {
        json.beginObject()
        json.field("type", "hello")
        json.field("protocol", HelloFrame.version)
        json.field("heartbeat_ms", Limits.heartbeat.wholeMilliseconds)
        json.key("limits")
        json.beginObject()
        ClientLimits.write(to: &json)
        json.endObject()
        json.field("server", server)
        json.endObject()
    }
}

extension HelloFrame {
    static func bytes(server: ServerName) -> [UInt8] { JSONWriter.bytes(of: HelloFrame(server: server)) }
}
