import Foundation
import HTTPTypes
import Logging
import NIOCore
import Testing
import Wire

@testable import WebClient

@Suite("The web client's files at the start")
struct StartTests {
    @Test("The client of this checkout can be served, from where the build put it")
    func ours() throws {
        let files = try ClientDirectory.read(WebClient.usualDirectory)
        #expect(files.map(\.path).contains("index.html"))
        let settings = WebClientSettings(directory: WebClient.usualDirectory)
        let client = try WebClient(settings: settings, logger: Logger(label: "test"))
        let page = try #require(try client.answer(path: "/", headers: [:]))
        let html = String(buffer: page.body)
        #expect(html.contains(client.version))
        #expect(!html.contains("{{"))
        for file in files {
            #expect(try client.answer(path: "/client/\(client.version)/\(file.path)", headers: [:]) != nil)
        }
    }

    @Test(
        "What does not belong there is refused by its name",
        arguments: [
            ("js/home.exe", "web.directory has js/home.exe, which is none of .html .css"),
            ("js/Makefile", "web.directory has js/Makefile, which is none of"),
            ("js/home.JS", "web.directory has js/home.JS, which is none of"),
            ("js/.home.js.swp", "web.directory has js/.home.js.swp, whose name must be"),
            ("js/a b.js", "web.directory has js/a b.js, whose name must be"),
            ("js/ä.js", "web.directory has js/ä.js, whose name must be"),
            ("js/" + String(repeating: "a", count: 98) + ".js", "whose name must be at most 100"),
            ("1/2/3/4/5/6/7/8/9.js", "web.directory has 1/2/3/4/5/6/7/8/, which is more than 8 folders deep"),
        ])
    func strangers(name: String, expected: String) throws {
        let folder = try ClientFolder()
        defer { folder.delete() }
        #expect(folder.complaint() == "nothing")
        try folder.add(name, Data())
        #expect(folder.complaint().contains(expected), "\(folder.complaint())")
    }

    @Test("A link is refused, wherever it leads")
    func links() throws {
        let folder = try ClientFolder()
        defer { folder.delete() }
        let link = folder.path + "/js/link.js"
        for target in ["/etc/hostname", "home.js", "/etc", "nowhere"] {
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: target)
            #expect(folder.complaint() == "web.directory has js/link.js, which is neither a file nor a folder")
            try FileManager.default.removeItem(atPath: link)
        }
    }

    @Test("Too long a file, too much, and too many are refused")
    func limits() throws {
        let folder = try ClientFolder()
        defer { folder.delete() }
        try folder.add("big.txt", Data(count: ClientDirectory.mostFileBytes))
        #expect(folder.complaint() == "nothing")
        try folder.add("big.txt", Data(count: ClientDirectory.mostFileBytes + 1))
        #expect(folder.complaint() == "web.directory has big.txt, which is longer than 2097152 bytes")
        for number in 1...8 { try folder.add("big\(number).txt", Data(count: ClientDirectory.mostFileBytes)) }
        try FileManager.default.removeItem(atPath: folder.path + "/big.txt")
        #expect(folder.complaint() == "web.directory has more than 16777216 bytes in all files")

        let many = try ClientFolder(["index.html": ""])
        defer { many.delete() }
        for number in 1..<ClientDirectory.mostFiles { try many.add("f/\(number).txt", Data()) }
        #expect(many.complaint() == "nothing")
        try many.add("f/one-more.txt", Data())
        #expect(many.complaint() == "web.directory has more than 1000 files")
    }

    @Test("Without a directory, an index.html, or text in it there is no start")
    func missing() throws {
        let folder = try ClientFolder(["js/home.js": ""])
        defer { folder.delete() }
        #expect(folder.complaint() == "web.directory names \(folder.path), which has no index.html")
        try folder.add("index.html", Data([0xFF, 0xFE]))
        #expect(folder.complaint() == "web.directory has index.html, which is not UTF-8")
        folder.delete()
        #expect(folder.complaint().hasPrefix("web.directory names \(folder.path), which is no directory"))
    }

    @Test("The version is that of names and contents, and of nothing else")
    func version() throws {
        func version(_ files: [String: String]) throws -> String {
            let folder = try ClientFolder(files)
            defer { folder.delete() }
            return try folder.client().version
        }
        let usual = try version(ClientFolder.usual)
        #expect(usual.count == 16)
        #expect(usual.allSatisfy { $0.isHexDigit && !$0.isUppercase })
        #expect(try version(ClientFolder.usual) == usual)
        var other = ClientFolder.usual
        other["js/lazy/picker.js"] = "export { }"
        #expect(try version(other) != usual)
        // It names what is served: other comments on the same lines change nothing of that.
        other["js/lazy/picker.js"] = "// one\nexport {}"
        let commented = try version(other)
        other["js/lazy/picker.js"] = "/* other */\nexport {}"
        #expect(try version(other) == commented)
        #expect(commented != usual)
        other = ClientFolder.usual
        other["js/lazy/picker2.js"] = other.removeValue(forKey: "js/lazy/picker.js")
        #expect(try version(other) != usual)
        #expect(
            try version(["index.html": "", "a.js": "b.js1:"]) != version(["index.html": "", "a.js": "", "b.js": ""]))
    }

    @Test("Emoji data that is none is refused, and missing data is not")
    func emoji() throws {
        let folder = try ClientFolder()
        defer { folder.delete() }
        let data = try ClientFolder([:])
        defer { data.delete() }
        let file = data.path + "/emoji.json"
        #expect(folder.complaint(emoji: file) == "nothing")
        for (text, expected) in [
            (#"{"groups": ["#, "web.emoji names \(file), which ops/lib/emoji did not make: JSON "),
            ("[]", "web.emoji names \(file), which ops/lib/emoji did not make: it is no JSON object"),
            ("{}", "web.emoji names \(file), which ops/lib/emoji did not make: groups is missing"),
            (#"{"groups": [{"id": "flags", "emoji": []}]}"#, "nothing"),
        ] {
            try data.add("emoji.json", Data(text.utf8))
            #expect(folder.complaint(emoji: file).hasPrefix(expected), "\(folder.complaint(emoji: file))")
        }
        try data.add("emoji.json", Data(count: EmojiData.mostBytes + 1))
        #expect(folder.complaint(emoji: file) == "web.emoji names \(file), which is longer than 4194304 bytes")
        #expect(folder.complaint(emoji: data.path) == "web.emoji names \(data.path), which cannot be read")
    }
}
