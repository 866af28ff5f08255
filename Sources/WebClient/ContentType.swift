/// The kinds of files that the web client may have; the suffix of the name says which.
enum ContentType: String, CaseIterable {
    case html, css, js, mjs, json, svg, png, webp, ico, woff2, webmanifest, txt

    /// Nil for a name whose suffix is none of these, in lower case.
    init?(fileName: Substring) {
        guard let dot = fileName.lastIndex(of: ".") else { return nil }
        self.init(rawValue: String(fileName[fileName.index(after: dot)...]))
    }

    /// The value of `Content-Type`.
    var header: String {
        switch self {
        case .html: "text/html; charset=utf-8"
        case .css: "text/css; charset=utf-8"
        case .js, .mjs: "text/javascript; charset=utf-8"
        case .json: "application/json"
        case .svg: "image/svg+xml"
        case .png: "image/png"
        case .webp: "image/webp"
        case .ico: "image/vnd.microsoft.icon"
        case .woff2: "font/woff2"
        case .webmanifest: "application/manifest+json"
        case .txt: "text/plain; charset=utf-8"
        }
    }

    /// What a browser shows in a tab as a page that can run scripts.
    var isDocument: Bool { self == .html || self == .svg }

    var isScript: Bool { self == .js || self == .mjs }

    /// What its own format has compressed already.
    var isCompressed: Bool { self == .png || self == .webp || self == .woff2 }
}
