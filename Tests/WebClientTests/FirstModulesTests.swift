import Testing

@testable import WebClient

@Suite("What a page names for its first load")
struct FirstModulesTests {
    private func paths(_ files: [String: String]) -> [String] {
        FirstModules.paths(
            in: files.map { ClientDirectory.File(path: $0.key, type: .js, bytes: Array($0.value.utf8)) })
    }

    @Test("Every form of an import is followed, in circles too; a call of import() is not")
    func forms() {
        let files = [
            "js/main.js": """
            import './a.js';
            import { b } from './views/b.js';
            import {
                c,
            } from '../c.js';
            export { d } from './d.js';
            const e = () => import('./e.js');
            """,
            "js/a.js": "import { main } from './main.js';", "js/views/b.js": "import * as f from '../f.js';",
            "c.js": "", "js/d.js": "export const d = '../g.js';", "js/e.js": "import './h.js';", "js/f.js": "",
            "g.js": "", "js/h.js": "",
        ]
        #expect(paths(files) == ["c.js", "js/a.js", "js/d.js", "js/f.js", "js/main.js", "js/views/b.js"])
    }

    @Test("What is not there is not named")
    func missing() {
        #expect(paths(["js/other.js": ""]) == [])
        let lost = "import './none.js';\nimport '../../../out.js';\nimport '/js/a.js';\nimport '';\nimport ';"
        #expect(paths(["js/main.js": lost, "out.js": ""]) == ["js/main.js"])
    }
}
