import Home
import Wire

/// The limits that a client can keep to by itself, as `GET /api/v1/limits` tells them.
enum ClientLimits {
    static func write(to json: inout JSONWriter) {
        json.field("message_code_points", Limits.messageCodePoints)
        json.field("message_bytes", Limits.messageBytes)
        json.field("nonce_length", Limits.nonceLength)
        json.field("frame_bytes", Limits.frameBytes)
        json.field("http_body_bytes", Limits.httpBodyBytes)
        json.field("json_depth", Limits.jsonDepth)
        json.field("username_length", Limits.localPartBytes)
        json.field("password_code_points_min", AccountLimits.passwordCodePointsAtLeast)
        json.field("password_code_points", AccountLimits.passwordCodePoints)
        json.field("page_entries", HistoryPage.maximumLimit)
        json.field("sockets", Limits.socketsPerUser)
        json.field("heartbeat_ms", Limits.heartbeat.wholeMilliseconds)
        json.field("silence_ms", Limits.silence.wholeMilliseconds)
        json.field("resume_frames", Limits.resumeFrames)
        json.field("resume_ms", Limits.resumeWindow.wholeMilliseconds)
        json.field("ticket_ms", Limits.ticketLife.wholeMilliseconds)
        json.field("name_code_points", Limits.nameCodePoints)
        json.field("description_code_points", Limits.descriptionCodePoints)
        json.field("reason_code_points", Limits.reasonCodePoints)
        json.field("communities", Limits.communities)
        json.field("channels", Limits.channels)
        json.field("roles", Limits.roles)
        json.field("overrides", Limits.overrides)
        json.field("mentions", Limits.mentions)
    }
}
