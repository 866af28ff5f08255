/// Which scripts a page needs before it shows anything: the first one and what is imported from there on, but not what a call of
/// `import()` brings when it is wanted. `ClientVersion` has the page name them, so that they come all at once.
enum FirstModules {
    static let entry = "js/main.js"

    /// Their paths, in order; none without the first one.
    static func paths(in files: [ClientDirectory.File]) -> [String] {
        let scripts = Dictionary(
            uniqueKeysWithValues: files.lazy.filter { $0.type == .js }.map { ($0.path, $0.bytes) })
        var found: Set<String> = []
        var waiting = [entry]
        while let path = waiting.popLast() {
            guard let script = scripts[path], found.insert(path).inserted else { continue }
            waiting += imports(of: script).compactMap { resolved($0, from: path) }
        }
        return found.sorted()
    }

    /// What a line that ends an import names. A line that is missed costs the page time and nothing else.
    private static func imports(of script: [UInt8]) -> [Substring] {
        String(decoding: script, as: UTF8.self).split(separator: "\n").compactMap { line in
            guard line.hasSuffix("';"), let quote = line.dropLast(2).lastIndex(of: "'") else { return nil }
            let isImport = line[..<quote] == "import " || line[..<quote].hasSuffix(" from ")
            return isImport ? line[line.index(after: quote)...].dropLast(2) : nil
        }
    }

    /// `./` and `../` from a file on; nil for what leads out.
    private static func resolved(_ reference: Substring, from path: String) -> String? {
        var folders = path.split(separator: "/").dropLast()
        for part in reference.split(separator: "/") where part != "." {
            if part != ".." {
                folders.append(part)
            } else if folders.popLast() == nil {
                return nil
            }
        }
        return folders.joined(separator: "/")
    }
}
