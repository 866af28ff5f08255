import Foundation
import Logging
import Wire

@testable import WebClient

/// A folder of browser's files for a test, under the system's temporary one; deleted by the test that made it.
struct ClientFolder {
    let path: String

    static let index = """
        <!doctype html><link rel="stylesheet" href="/client/{{version}}/css/home.css">
        {{modules}}
        """
    /// Compresses well, and is not the same twice.
    static let module = (0..<200).map { "export const constant\($0) = \($0);\n" }.joined()

    /// One file of each place that has its own rule.
    static let usual: [String: String] = [
        "index.html": index,
        "worker.js": "const version = '{{version}}'; // {{modules}}\nconst parts = '{{parts}}';",
        "manifest.webmanifest": #"{"start_url": "/", "id": "{{version}}"}"#,
        "favicon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "css/home.css": "body { margin: 0 } /* {{version}} */",
        "js/home.js": module,
        "js/main.js": "import { a } from './home.js';\nimport './views/list.js';\nimport('./lazy/picker.js');\n",
        "js/views/list.js": "export {}",
        "js/lazy/picker.js": "export {}",
    ]

    init(_ files: [String: String] = usual) throws {
        path = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString).path()
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        for (name, text) in files { try add(name, Data(text.utf8)) }
    }

    func add(_ name: String, _ data: Data) throws {
        let file = URL(filePath: path).appending(path: name)
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    func delete() { try? FileManager.default.removeItem(atPath: path) }

    /// The client of these files.
    func client(emoji: String? = nil, tls: Bool = false) throws(FieldError) -> WebClient {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return try WebClient(
            settings: WebClientSettings(directory: path, emojiFile: emoji, speaksTLS: tls), logger: logger)
    }

    /// What is wrong with these files, or "nothing".
    func complaint(emoji: String? = nil) -> String {
        do {
            _ = try client(emoji: emoji)
            return "nothing"
        } catch {
            return "\(error)"
        }
    }
}
