import Testing

@testable import WebClient

@Suite("Comments that a browser does not get")
struct CommentTests {
    private func removed(_ text: String, _ type: ContentType = .js) -> String {
        let file = ClientDirectory.File(path: "a", type: type, bytes: Array(text.utf8))
        return String(decoding: Comments.removed(from: file).bytes, as: UTF8.self)
    }

    @Test(
        "A comment with lines of its own goes, and its lines stay",
        arguments: [
            ("// a\nb();\n", "\nb();\n"), ("  \t// a", ""), ("//", ""), ("/* a */\nb();", "\nb();"),
            ("/**\n * a\n */\nb();", "\n\n\nb();"), ("    /** a */   \n    b();", "\n    b();"), ("/**/", ""),
            ("/*/ a\n*/\nb();", "\n\nb();"), ("/* a\n // b */\nc();", "\n\nc();"), ("/* a */\n// b\n/* c */", "\n\n"),
            ("// a /*\nb();", "\nb();"), ("/* a\n\n\nb */", "\n\n\n"), ("", ""), ("\n", "\n"),
        ])
    func removed(source: String, served: String) {
        #expect(removed(source) == served)
    }

    @Test(
        "Whatever else looks like one stays",
        arguments: [
            "a(); // b", "a(); /* b */", "/* a */ b();", "/* a\n */ b();", "a('/*');\nb('*/');", "a = 'http://b';",
            "a = /\\/*/;\nb = '*/';", "/* never\n ends", "/*/", "/*", "a(); /* b\n   c */", "/* a */ /* b */", "* / //",
            "/ / a",
        ])
    func kept(source: String) {
        #expect(removed(source) == source)
    }

    @Test("A style has no line comments, and other files have none at all")
    func types() {
        #expect(removed("// a\n/* b */\nc {}", .css) == "// a\n\nc {}")
        for type in ContentType.allCases where type != .js && type != .css {
            #expect(removed("/* a */\n// b", type) == "/* a */\n// b", "\(type)")
        }
    }
}
