import Testing

@testable import CLI

@Suite struct OperatorTests {
    @Test(arguments: [
        (nil, "root"), ("alice", "alice as root"), ("root", "root"), ("", "root"), ("two words", "root"),
        ("bad\nline", "root"), (String(repeating: "x", count: 65), "root"),
    ])
    func `behind sudo both names are told`(_ sudoUser: String?, _ name: String) {
        #expect(Operator(user: "root", sudoUser: sudoUser).name == name)
    }

    @Test func `somebody always runs it`() {
        #expect(!Operator.current.name.isEmpty)
    }
}
