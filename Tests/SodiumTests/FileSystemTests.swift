import Glibc
import Testing

@testable import Sodium

@Suite struct FileSystemTests {
    /// ext4, xfs, btrfs, tmpfs, overlay, nfs, fuse; and vfat, exfat.
    @Test(arguments: [
        (0xef53, true), (0x5846_5342, true), (0x9123_683e, true), (0x0102_1994, true), (0x794c_7630, true),
        (0x6969, true), (0x6573_5546, true), (0x4d44, false), (0x2011_bab0, false),
    ])
    func `only vfat and exfat keep no modes`(_ type: Int, _ keepsModes: Bool) {
        #expect(FileSystem(type: type).keepsModes == keepsModes)
    }

    @Test func `an open file tells`() throws {
        let root = open("/", O_RDONLY)
        defer { close(root) }
        #expect(try #require(FileSystem(of: root)).keepsModes)
        #expect(FileSystem(of: -1) == nil)
    }
}
