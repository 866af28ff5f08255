package import HTTPTypes
package import Home
package import Logging
package import NIOCore
package import Wire

/// The browser's client as the homeserver serves it: which URL has which page; made at the start and asked by `ClientAPI`.
///
/// Everything is in memory, and nothing changes after the start. A new client is a new start, with another version.
package struct WebClient: Sendable {
    /// Where the files are when nobody says otherwise.
    package static var usualDirectory: String { ClientDirectory.besideProgram }

    /// Files that a browser asks for at the root, under names without a version.
    private static let rootFiles = ["worker.js", "manifest.webmanifest", "favicon.ico", "favicon.svg"]
    private static let emojiPath = "/emoji.json"
    private static let allVersions = "/client/"

    /// The hash of all files, 16 hexadecimal digits.
    package let version: String
    private let folder: String
    private let pages: [String: Page]

    /// Reads all files. Throws what is wrong with which setting.
    package init(settings: WebClientSettings, logger: Logger) throws(FieldError) {
        let files = try ClientDirectory.read(settings.directory).map(CompactSource.of)
        let version = ClientVersion(of: files)
        let ofFile = PageHeaders.ofFile(speaksTLS: settings.speaksTLS)
        let ofModule = PageHeaders.ofModule(speaksTLS: settings.speaksTLS)
        let ofDocument = PageHeaders.ofDocument(speaksTLS: settings.speaksTLS)
        var pages: [String: Page] = [:]
        for file in files {
            let content = try version.filled(file)
            let headers = file.type.isDocument ? ofDocument : file.type.isScript ? ofModule : ofFile
            pages[version.folder + file.path] = Page(content, file.type, .forEver, headers: headers)
            let root = file.path == "index.html" ? "/" : Self.rootFiles.contains(file.path) ? "/" + file.path : nil
            if let root { pages[root] = Page(content, file.type, .asked, headers: ofDocument) }
        }
        guard pages["/"] != nil else {
            throw FieldError(
                field: ClientDirectory.setting, problem: "names \(settings.directory), which has no index.html")
        }
        var json = JSONWriter()
        json.beginObject()
        json.field("version", version.text)
        json.endObject()
        pages["/client.json"] = Page(json.bytes, .json, .never, headers: ofDocument)
        if let path = settings.emojiFile, let emoji = try EmojiData.read(path, logger: logger) {
            pages[Self.emojiPath] = Page(emoji, .json, .asked, headers: ofDocument)
        }
        self.version = version.text
        folder = version.folder
        self.pages = pages
    }

    /// The answer to a GET: nil for what is not ours, an error where the client can be told what to do.
    ///
    /// - Parameter path: As it stands in the request line, without the query. Nothing in it is decoded: our own paths need none.
    package func answer(
        path: String, headers: HTTPFields
    ) throws(HomeError) -> (head: HTTPResponse, body: ByteBuffer)? {
        if let page = pages[path] { return page.answer(to: headers) }
        if path == Self.emojiPath {
            throw .notFound("this homeserver has no emoji data: ops/lib/emoji makes it, and web.emoji names it")
        }
        if path.hasPrefix(Self.allVersions), !path.hasPrefix(folder) {
            throw .notFound("this homeserver has another version of the client; load the page again")
        }
        return nil
    }
}
