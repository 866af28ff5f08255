import Glibc
import Testing

/// Compares bytes with a file below Tests/Snapshots, or writes it when RECORD=1.
enum Snapshot {
    private static let folder: String = {
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(tests)/Snapshots/"
    }()

    static func check(_ name: String, _ bytes: [UInt8], sourceLocation: SourceLocation = #_sourceLocation) throws {
        let path = folder + name
        if getenv("RECORD").map({ String(cString: $0) }) == "1" {
            let file = try #require(fopen(path, "w"), "cannot write \(path)", sourceLocation: sourceLocation)
            defer { fclose(file) }
            #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count, sourceLocation: sourceLocation)
            return
        }
        let file = try #require(
            fopen(path, "r"), "\(path) is missing: run with RECORD=1", sourceLocation: sourceLocation)
        defer { fclose(file) }
        var stored = [UInt8](repeating: 0, count: 65_536)
        stored.removeLast(stored.count - fread(&stored, 1, stored.count, file))
        #expect(
            String(decoding: bytes, as: UTF8.self) == String(decoding: stored, as: UTF8.self),
            sourceLocation: sourceLocation)
    }
}
