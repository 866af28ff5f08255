import HTTPTypes
import Wire

/// Why a request was refused before it reached a use case; `HTTPAnswer` gives each its status and envelope.
enum HTTPRefusal: Error {
    case unknownPath
    /// The path exists, for these methods.
    case wrongMethod(allowed: [HTTPRequest.Method])
    /// `Content-Type` is not `application/json`.
    case notDeclaredAsJSON
    case bodyTooLarge
    /// The client stopped in the middle of its body.
    case bodyIncomplete
    case notJSON(JSONError)
    /// JSON, but not an object.
    case notAnObject
    /// A cookie came with an `Origin` that is not ours, or a change without one.
    case foreignOrigin
}
