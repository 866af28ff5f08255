import HTTPTypes

/// What a browser is told about how to treat our pages: nothing runs, loads or frames them but we ourselves.
enum PageHeaders {
    static let policy = [
        "default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data: blob:",
        "connect-src 'self'", "font-src 'self'", "media-src 'self' blob:", "manifest-src 'self'", "worker-src 'self'",
        "object-src 'none'", "frame-src 'none'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
        "require-trusted-types-for 'script'", "trusted-types home",
    ].joined(separator: "; ")

    /// Everything that a page could ask of the device is off, but the microphone for calls.
    static let permissions = [
        "microphone=(self)", "accelerometer=()", "camera=()", "display-capture=()", "geolocation=()", "gyroscope=()",
        "magnetometer=()", "midi=()", "payment=()", "usb=()",
    ].joined(separator: ", ")

    /// Of every file.
    static func ofFile(speaksTLS: Bool) -> HTTPFields {
        var headers: HTTPFields = [.xContentTypeOptions: "nosniff", .crossOriginResourcePolicy: "same-origin"]
        // A proxy in front of us says it itself: only it knows whether all of its name speaks TLS.
        if speaksTLS { headers[.strictTransportSecurity] = "max-age=31536000" }
        return headers
    }

    /// Of a module under its version. The page that imports it has its own policy, and this one says nothing there. But a URL of a script
    /// can be started as a worker, which has only the policy that came with it: ours are none, so this one may do nothing at all. It
    /// is this short because every module's answer carries it.
    static func ofModule(speaksTLS: Bool) -> HTTPFields {
        var headers = ofFile(speaksTLS: speaksTLS)
        headers[.contentSecurityPolicy] = "default-src 'none'"
        return headers
    }

    /// Of what can run as a page or as a service worker.
    static func ofDocument(speaksTLS: Bool) -> HTTPFields {
        var headers = ofFile(speaksTLS: speaksTLS)
        headers[.contentSecurityPolicy] = policy
        headers[.referrerPolicy] = "no-referrer"
        headers[.crossOriginOpenerPolicy] = "same-origin"
        headers[.permissionsPolicy] = permissions
        return headers
    }
}

extension HTTPField.Name {
    private static func known(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("a valid field name") }
        return name
    }

    static let referrerPolicy = known("Referrer-Policy")
    static let crossOriginOpenerPolicy = known("Cross-Origin-Opener-Policy")
    static let permissionsPolicy = known("Permissions-Policy")
}
