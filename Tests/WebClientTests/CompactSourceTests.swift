import Testing

@testable import WebClient

@Suite("What a browser does not get of the sources")
struct CompactSourceTests {
    private func compact(_ text: String, _ type: ContentType = .js) -> String {
        let file = ClientDirectory.File(path: "a", type: type, bytes: Array(text.utf8))
        return String(decoding: CompactSource.of(file).bytes, as: UTF8.self)
    }

    @Test(
        "A comment with lines of its own goes, and its lines stay",
        arguments: [
            ("// a\nb();\n", "\nb();\n"), ("  \t// a", ""), ("//", ""), ("/* a */\nb();", "\nb();"),
            ("/**\n * a\n */\nb();", "\n\n\nb();"), ("    /** a */   \n    b();", "\nb();"), ("/**/", ""),
            ("/*/ a\n*/\nb();", "\n\nb();"), ("/* a\n // b */\nc();", "\n\nc();"), ("/* a */\n// b\n/* c */", "\n\n"),
            ("// a /*\nb();", "\nb();"), ("/* a\n\n\nb */", "\n\n\n"), ("", ""), ("\n", "\n"),
        ])
    func removed(source: String, served: String) {
        #expect(compact(source) == served)
    }

    @Test("Lines begin with what they say, and end as they did")
    func indentation() {
        #expect(compact("a(\n    b, \n\tc,\n)") == "a(\nb, \nc,\n)")
        #expect(compact("    a {\n        b: c;\n    }", .css) == "a {\nb: c;\n}")
    }

    @Test(
        "Whatever else looks like one stays",
        arguments: [
            "a(); // b", "a(); /* b */", "/* a */ b();", "/* a\n*/ b();", "a('/*');\nb('*/');", "a = 'http://b';",
            "a = /\\/*/;\nb = '*/';", "/* never\nends", "/*/", "/*", "a(); /* b\nc */", "/* a */ /* b */", "* / //",
            "/ / a",
        ])
    func kept(source: String) {
        #expect(compact(source) == source)
    }

    @Test("A style has no line comments, and other files have none at all")
    func types() {
        #expect(compact("// a\n/* b */\nc {}", .css) == "// a\n\nc {}")
        for type in ContentType.allCases where type != .js && type != .css {
            #expect(compact(" /* a */\n // b", type) == " /* a */\n // b", "\(type)")
        }
    }
}
