import FoundationEssentials
import Wire

/// The directory with the browser's files: read whole, once, when the homeserver starts.
///
/// At most `mostFiles` files of `mostFileBytes` each and `mostBytes` together, `deepest` folders deep; no links, no hidden files,
/// and no name that would have to be encoded in a URL.
struct ClientDirectory {
    struct File {
        /// From the directory on, with slashes: `js/home.js`.
        let path: String
        let type: ContentType
        let bytes: [UInt8]
    }

    static let mostFiles = 1000
    static let mostFileBytes = 2 << 20
    static let mostBytes = 16 << 20
    static let deepest = 8
    static let mostNameBytes = 100
    /// The setting that every complaint names.
    static let setting = "web.directory"

    /// Where SwiftPM puts them: beside the running program, in the bundle of the target `WebClientFiles`.
    static var besideProgram: String {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        let directory = program.lastIndex(of: "/").map { program[..<$0] } ?? "."
        return directory + "/Home_WebClientFiles.resources/Client"
    }

    private let root: String
    private var files: [File] = []
    private var bytes = 0

    /// All files, in the order of their paths.
    static func read(_ root: String) throws(FieldError) -> [File] {
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: root, isDirectory: &isDirectory), isDirectory else {
            throw refuse("names \(root), which is no directory; the web client's files belong there")
        }
        var directory = ClientDirectory(root: root)
        try directory.readFolder("", depth: 1)
        return directory.files.sorted { $0.path < $1.path }
    }

    private init(root: String) { self.root = root }

    private static func refuse(_ problem: String) -> FieldError { FieldError(field: setting, problem: problem) }

    /// `prefix` is empty or ends with a slash.
    private mutating func readFolder(_ prefix: String, depth: Int) throws(FieldError) {
        guard depth <= Self.deepest else {
            throw Self.refuse("has \(prefix), which is more than \(Self.deepest) folders deep")
        }
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: root + "/" + prefix) else {
            throw Self.refuse("names \(root), in which \(prefix.isEmpty ? "nothing" : prefix) cannot be read")
        }
        for name in names {
            let path = prefix + name
            guard Self.isPlain(name) else {
                throw Self.refuse(
                    "has \(path), whose name must be at most \(Self.mostNameBytes) of A-Z a-z 0-9 . _ - and begin with no dot"
                )
            }
            let attributes = try? FileManager.default.attributesOfItem(atPath: root + "/" + path)
            switch attributes?[.type] as? FileAttributeType {
            case .typeDirectory: try readFolder(path + "/", depth: depth + 1)
            case .typeRegular: try readFile(path, name: name, size: attributes?[.size] as? UInt ?? .max)
            default: throw Self.refuse("has \(path), which is neither a file nor a folder")
            }
        }
    }

    private mutating func readFile(_ path: String, name: String, size: UInt) throws(FieldError) {
        guard let type = ContentType(fileName: name[...]) else {
            let known = ContentType.allCases.map { "." + $0.rawValue }.joined(separator: " ")
            throw Self.refuse("has \(path), which is none of \(known)")
        }
        guard size <= Self.mostFileBytes else {
            throw Self.refuse("has \(path), which is longer than \(Self.mostFileBytes) bytes")
        }
        guard let data = FileManager.default.contents(atPath: root + "/" + path) else {
            throw Self.refuse("has \(path), which cannot be read")
        }
        bytes += data.count
        guard bytes <= Self.mostBytes else { throw Self.refuse("has more than \(Self.mostBytes) bytes in all files") }
        guard files.count < Self.mostFiles else { throw Self.refuse("has more than \(Self.mostFiles) files") }
        files.append(File(path: path, type: type, bytes: Array(data)))
    }

    private static func isPlain(_ name: String) -> Bool {
        (1...mostNameBytes).contains(name.utf8.count) && !name.hasPrefix(".")
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }
}
