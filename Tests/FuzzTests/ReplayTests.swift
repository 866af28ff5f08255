import Foundation
import Testing

/// What the fuzzer starts from and what it has found, once more: each file is refused or taken, and breaks no promise.
struct ReplayTests {
    private static let fuzz = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Fuzz")

    private static func files(in folder: String, of target: FuzzTarget) throws -> [URL] {
        let directory = fuzz.appending(path: "\(folder)/\(target.name)")
        guard FileManager.default.fileExists(atPath: directory.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: directory, includingPropertiesForKeys: nil)
            .sorted { $0.lastPathComponent < $1.lastPathComponent }
    }

    @Test("what is kept of the fuzzer breaks nothing", arguments: FuzzTarget.all.map(\.name))
    func replay(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let corpus = try ReplayTests.files(in: "Corpus", of: target)
        #expect(corpus.count >= 5, "Fuzz/Corpus/\(name) is missing")
        for file in corpus + (try ReplayTests.files(in: "Found", of: target)) {
            let bytes = Array(try Data(contentsOf: file))
            #expect(throws: Never.self, "\(file.lastPathComponent) of \(name)") { try target.run(bytes) }
        }
    }

    @Test("a corpus stays small: at most 200 files and 200 KiB a target", arguments: FuzzTarget.all.map(\.name))
    func size(name: String) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == name })
        let files = try ReplayTests.files(in: "Corpus", of: target)
        #expect(files.count <= 200)
        #expect(try files.reduce(0) { try $0 + Data(contentsOf: $1).count } <= 204_800)
    }
}
