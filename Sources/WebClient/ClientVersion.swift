import Sodium
import Wire

/// Which client this is: one hash names all of its files, so a page never mixes the modules of two.
struct ClientVersion {
    /// 16 hexadecimal digits.
    let text: String
    private let modules: [String]
    private let parts: [String]

    /// - Parameter files: In the order of their paths, as they are served but for what `filled` fills in: a version's files never change,
    ///   so what is served under its URLs and nothing else makes it.
    init(of files: [ClientDirectory.File]) {
        var hash = SHA256()
        for file in files {
            // With their lengths, so that no two sets of files are the same bytes.
            hash.update("\(file.path.utf8.count):\(file.path)\(file.bytes.count):".utf8)
            hash.update(file.bytes)
        }
        text = Hex.encode(hash.digest().prefix(8))
        modules = FirstModules.paths(in: files)
        parts = files.map(\.path).filter { $0.hasPrefix("js/") || $0.hasPrefix("css/") }
    }

    /// Every file's own folder in URLs.
    var folder: String { "/client/\(text)/" }

    /// What is served of a file: the three that are asked for by a name without a version get it written into them.
    ///
    /// `{{version}}` becomes the version; in `index.html` `{{modules}}` becomes a preload link for each of the `FirstModules`,
    /// which the browser would otherwise find one import after the other; in `worker.js` `{{parts}}` becomes all scripts and styles.
    func filled(_ file: ClientDirectory.File) throws(FieldError) -> [UInt8] {
        guard ["index.html", "worker.js", "manifest.webmanifest"].contains(file.path) else { return file.bytes }
        guard var content = String(validating: file.bytes, as: UTF8.self) else {
            throw FieldError(field: ClientDirectory.setting, problem: "has \(file.path), which is not UTF-8")
        }
        content.replace("{{version}}", with: text)
        if file.path == "index.html" {
            let links = modules.map { "<link rel=\"modulepreload\" href=\"\(folder)\($0)\">" }
            content.replace("{{modules}}", with: links.joined(separator: "\n"))
        }
        if file.path == "worker.js" { content.replace("{{parts}}", with: parts.joined(separator: " ")) }
        return Array(content.utf8)
    }
}
