import Federation
import FoundationEssentials
import Glibc
import Testing

@Suite struct SecretDirectoryTests {
    private let temporary: TemporaryDirectory
    private let directory: SecretDirectory

    init() throws {
        temporary = try TemporaryDirectory()
        directory = try SecretDirectory(making: temporary.path("keys"))
    }

    @Test func filesAreMadeWholePrivateAndOnce() throws {
        let contents = Array(repeating: UInt8(7), count: 10_000)
        try directory.create("a", contents)
        #expect(try directory.read("a", maximumBytes: 10_000) == contents)
        #expect(temporary.mode("keys") == 0o700)
        #expect(temporary.mode("keys/a") == 0o600)
        #expect(try directory.names() == ["a"])
        #expect(throws: KeyFileProblem.exists(path: temporary.path("keys/a"))) { try directory.create("a", [1]) }
        #expect(try directory.read("a", maximumBytes: 10_000) == contents)
        try directory.replace("a", [1])
        #expect(try directory.read("a", maximumBytes: 10_000) == [1])
        #expect(try directory.names() == ["a"])
    }

    @Test func itIsPrivateWhateverTheUmask() throws {
        try directory.create("b", [])
        #expect(try directory.read("b", maximumBytes: 1) == [])
        #expect(temporary.mode("keys/b") == 0o600)
    }

    @Test(arguments: [0o640, 0o604, 0o660, 0o700, 0o610, 0o4600] as [mode_t])
    func aFileThatOthersCanUseIsRefused(_ mode: mode_t) throws {
        try directory.create("a", [1])
        chmod(temporary.path("keys/a"), mode)
        let path = temporary.path("keys/a")
        let problem = try #require(throws: KeyFileProblem.self) { try directory.read("a", maximumBytes: 10) }
        #expect(problem == .mode(path: path, found: UInt32(mode), wanted: 0o600))
        #expect(problem.description.contains(path) && problem.description.contains("0600"))
    }

    @Test func aFileThatOnlyItsOwnerReadsIsFine() throws {
        try directory.create("a", [1])
        chmod(temporary.path("keys/a"), 0o400)
        #expect(try directory.read("a", maximumBytes: 10) == [1])
    }

    @Test(arguments: [0o750, 0o701, 0o777] as [mode_t])
    func aDirectoryThatOthersCanUseIsRefused(_ mode: mode_t) throws {
        let path = temporary.path("keys")
        chmod(path, mode)
        #expect(throws: KeyFileProblem.mode(path: path, found: UInt32(mode), wanted: 0o700)) {
            try SecretDirectory(opening: path)
        }
        #expect(throws: KeyFileProblem.self) { try SecretDirectory(making: path) }
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give a file away"))
    func aFileOfSomebodyElseIsRefused() throws {
        try directory.create("a", [1])
        chown(temporary.path("keys/a"), 12_345, 0)
        #expect(throws: KeyFileProblem.owner(path: temporary.path("keys/a"), found: 12_345, wanted: 0)) {
            try directory.read("a", maximumBytes: 10)
        }
        chown(temporary.path("keys"), 12_345, 0)
        #expect(throws: KeyFileProblem.owner(path: temporary.path("keys"), found: 12_345, wanted: 0)) {
            try SecretDirectory(opening: temporary.path("keys"))
        }
    }

    @Test func linksAreNotFollowed() throws {
        try temporary.write("outside", "x")
        symlink(temporary.path("outside"), temporary.path("keys/a"))
        #expect(throws: KeyFileProblem.notAFile(path: temporary.path("keys/a"))) {
            try directory.read("a", maximumBytes: 10)
        }
        #expect(throws: KeyFileProblem.exists(path: temporary.path("keys/a"))) { try directory.create("a", [1]) }
        symlink("/nowhere", temporary.path("keys/dangling"))
        #expect(throws: KeyFileProblem.exists(path: temporary.path("keys/dangling"))) {
            try directory.create("dangling", [1])
        }
        symlink(temporary.path("keys"), temporary.path("link"))
        #expect(throws: KeyFileProblem.notADirectory(path: temporary.path("link"))) {
            try SecretDirectory(opening: temporary.path("link"))
        }
        try directory.replace("a", [2])
        #expect(try Data(contentsOf: URL(filePath: temporary.path("outside"))) == Data("x".utf8))
    }

    @Test func whatIsNoFileIsRefused() throws {
        mkdir(temporary.path("keys/d"), 0o600)
        #expect(throws: KeyFileProblem.notAFile(path: temporary.path("keys/d"))) {
            try directory.read("d", maximumBytes: 9)
        }
        mkfifo(temporary.path("keys/f"), 0o600)
        #expect(throws: KeyFileProblem.notAFile(path: temporary.path("keys/f"))) {
            try directory.read("f", maximumBytes: 9)
        }
        #expect(throws: KeyFileProblem.missing(path: temporary.path("keys/x"))) {
            try directory.read("x", maximumBytes: 9)
        }
        #expect(throws: KeyFileProblem.missing(path: temporary.path("y"))) {
            try SecretDirectory(opening: temporary.path("y"))
        }
        try temporary.write("plain", "x")
        #expect(throws: KeyFileProblem.notADirectory(path: temporary.path("plain"))) {
            try SecretDirectory(opening: temporary.path("plain"))
        }
        #expect(throws: KeyFileProblem.self) { try SecretDirectory(making: temporary.path("no/parent")) }
    }

    @Test func longFilesAreRefused() throws {
        try directory.create("a", [1, 2, 3])
        #expect(try directory.read("a", maximumBytes: 3) == [1, 2, 3])
        #expect(throws: KeyFileProblem.tooLong(path: temporary.path("keys/a"), maximum: 2)) {
            try directory.read("a", maximumBytes: 2)
        }
    }
}
