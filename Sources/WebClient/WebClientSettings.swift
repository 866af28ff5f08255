/// What the operator decides about the web client; made by the composition root.
package struct WebClientSettings: Sendable {
    /// Where the browser's files are; `web.directory`.
    package var directory: String
    /// The file that `ops/lib/emoji` wrote; nil when there is none. `web.emoji`.
    package var emojiFile: String?
    /// Whether the listener speaks TLS itself, and browsers are to insist on it.
    package var speaksTLS: Bool

    package init(directory: String, emojiFile: String? = nil, speaksTLS: Bool = false) {
        self.directory = directory
        self.emojiFile = emojiFile
        self.speaksTLS = speaksTLS
    }
}
