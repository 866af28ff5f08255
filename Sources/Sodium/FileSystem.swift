import CSodium

/// Of what kind the file system under a file is, for those who make and read files that are for one user alone.
package struct FileSystem: Equatable, Sendable {
    /// The kinds that keep no mode for a file, as `statfs(2)` numbers them: vfat, on most sticks, and exfat.
    private static let withoutModes: Set<Int> = [0x4d44, 0x2011_bab0]

    /// False where every file shows the mode that the mount has for all of them, and none can be given another.
    package let keepsModes: Bool

    package init(type: Int) {
        keepsModes = !FileSystem.withoutModes.contains(type)
    }

    /// That of an open file; nil when the call failed, and `errno` says why.
    package init?(of descriptor: Int32) {
        let type = csodium_file_system(descriptor)
        guard type >= 0 else { return nil }
        self.init(type: type)
    }
}
