import Sodium
import Testing

@Suite struct SealedFileTests {
    private let secret = SecretBytes(copying: Array(0..<32))
    private let passphrase = SecretBytes(copying: Array("open sesame".utf8))

    private func sealedLines() throws -> [String] {
        let file = try SealedFile.seal(secret, id: "online-key", passphrase: passphrase, cost: .minimum)
        return String(decoding: file, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
            .map(String.init)
    }

    private func open(_ lines: [String], _ passphrase: SecretBytes? = nil) throws -> [UInt8] {
        let file = Array(lines.joined(separator: "\n").utf8)
        let opened = try SealedFile(parsing: file).open(passphrase: passphrase ?? self.passphrase)
        return opened.withBytes { Array($0) }
    }

    @Test func whatIsSealedIsOpened() throws {
        let lines = try sealedLines()
        #expect(
            lines.map { $0.prefix { $0 != ":" } }.prefix(8) == ["v", "id", "alg", "kdf", "ops", "mem", "salt", "nonce"])
        #expect(
            lines.prefix(6) == [
                "v: 1", "id: online-key", "alg: xchacha20-poly1305", "kdf: argon2id13", "ops: 1", "mem: 8192",
            ])
        #expect(try open(lines) == Array(0..<32))
        #expect(try SealedFile(parsing: Array(lines.joined(separator: "\n").utf8)).id == "online-key")
        #expect(!lines.joined().contains("000102030405"))
    }

    @Test func twoSealsOfOneSecretShareNothing() throws {
        let first = try sealedLines()
        let second = try sealedLines()
        #expect(first[6] != second[6] && first[7] != second[7] && first[9] != second[9])
    }

    @Test func anotherPassphraseOpensNothing() throws {
        let lines = try sealedLines()
        for wrong in ["open sesamf", "", "open sesame\n"] {
            #expect(throws: SealedFileError.wrongPassphraseOrChanged) {
                try open(lines, SecretBytes(copying: Array(wrong.utf8)))
            }
        }
    }

    /// Every field of the header, changed to something that is well formed, spoils the file.
    @Test(arguments: [(1, "id: online-kex"), (1, "id: x"), (4, "ops: 2"), (5, "mem: 16384")])
    func aChangedHeaderSpoilsTheFile(_ index: Int, _ line: String) throws {
        var lines = try sealedLines()
        lines[index] = line
        #expect(throws: SealedFileError.wrongPassphraseOrChanged) { try open(lines) }
    }

    @Test(arguments: [6, 7, 9])
    func aChangedDigitSpoilsTheFile(_ index: Int) throws {
        let intact = try sealedLines()
        let start = intact[index].utf8.count - (index == 9 ? 96 : index == 7 ? 48 : 32)
        for offset in stride(from: start, to: intact[index].utf8.count, by: 7) {
            var characters = Array(intact[index].utf8)
            characters[offset] = characters[offset] == UInt8(ascii: "0") ? UInt8(ascii: "1") : UInt8(ascii: "0")
            var lines = intact
            lines[index] = String(decoding: characters, as: UTF8.self)
            #expect(throws: SealedFileError.wrongPassphraseOrChanged) { try open(lines) }
        }
    }

    @Test(arguments: [
        (0, "v: 2", SealedFileError.unsupported("v")), (0, "V: 1", .malformed("v")), (0, "v:1", .malformed("v")),
        (0, "v:  1", .malformed("v")), (0, "v: 1 ", .malformed("v")), (1, "id: Online", .malformed("id")),
        (1, "id: ", .malformed("id")), (1, "id: " + String(repeating: "a", count: 65), .malformed("id")),
        (2, "alg: aes-gcm", .unsupported("alg")), (3, "kdf: argon2i13", .unsupported("kdf")),
        (4, "ops: 01", .malformed("ops")), (4, "ops: -1", .malformed("ops")), (4, "ops: +1", .malformed("ops")),
        (4, "ops: 11", .tooCostly), (4, "ops: 18446744073709551616", .malformed("ops")),
        (5, "mem: 1073741825", .tooCostly), (5, "mem: 18446744073709551615", .tooCostly),
        (5, "mem: ", .malformed("mem")),
        (5, "ops: 1", .malformed("mem")), (6, "salt: 00", .malformed("salt")), (7, "nonce: zz", .malformed("nonce")),
        (8, "x: 1", .malformed("secret")), (9, "00", .malformed("secret")), (9, "0", .malformed("secret")),
        (9, String(repeating: "A", count: 96), .malformed("secret")), (10, "x", .malformed("secret")),
    ])
    func aMalformedFileNamesItsLine(_ index: Int, _ line: String, _ error: SealedFileError) throws {
        var lines = try sealedLines()
        lines[index] = line
        #expect(throws: error) { try open(lines) }
    }

    @Test func costsBelowTheMinimumAndHugeFilesAreRefused() throws {
        var lines = try sealedLines()
        lines[5] = "mem: 0"
        #expect(throws: SealedFileError.outOfMemory) { try open(lines) }
        let huge = [UInt8](repeating: 0x30, count: SealedFile.maximumFileBytes + 1)
        #expect(throws: SealedFileError.malformed("size")) { try SealedFile(parsing: huge) }
        #expect(throws: SealedFileError.tooCostly) {
            try SealedFile.seal(
                secret, id: "x", passphrase: passphrase, cost: Argon2id.Cost(operations: 11, memoryBytes: 8192))
        }
        #expect(throws: SealedFileError.malformed("id")) {
            try SealedFile.seal(secret, id: "A", passphrase: passphrase, cost: .minimum)
        }
    }

    @Test func cuttingTheFileAnywhereIsRefused() throws {
        let file = Array(try sealedLines().joined(separator: "\n").utf8)
        for end in 0..<file.count {
            #expect(throws: SealedFileError.self) {
                try SealedFile(parsing: Array(file[..<end])).open(passphrase: passphrase)
            }
        }
    }
}
