import Sodium
import Wire

/// Which client this is: one hash names all of its files, so a page never mixes the modules of two.
struct ClientVersion {
    /// 16 hexadecimal digits.
    let text: String
    private let modules: [String]

    /// - Parameter files: In the order of their paths.
    init(of files: [ClientDirectory.File]) {
        var hash = SHA256()
        for file in files {
            // With their lengths, so that no two sets of files are the same bytes.
            hash.update("\(file.path.utf8.count):\(file.path)\(file.bytes.count):".utf8)
            hash.update(file.bytes)
        }
        text = Hex.encode(hash.digest().prefix(8))
        modules = files.map(\.path).filter {
            $0.hasPrefix("js/") && $0.hasSuffix(".js") && !$0.hasPrefix("js/lazy/")
        }
    }

    /// Every file's own folder in URLs.
    var folder: String { "/client/\(text)/" }

    /// What is served of a file: the three that are asked for by a name without a version get it written into them.
    ///
    /// `{{version}}` becomes the version; in `index.html` `{{modules}}` becomes a preload link for each module of the first load,
    /// which the browser would otherwise find one import after the other.
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
        return Array(content.utf8)
    }
}
