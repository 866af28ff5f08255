#if canImport(Glibc)
import Glibc
#else
import Musl
#endif

/// Kind, mode and owner of a file, for those who must not trust a key file that others can touch.
///
/// It stands here because this module imports no NIO: beside NIO's C modules the compiler cannot tell whose `struct stat` is meant.
package struct FileStatus: Sendable {
    package let isRegularFile: Bool
    package let isDirectory: Bool
    /// The permission bits, 0…0o7777.
    package let mode: UInt32
    package let owner: UInt32
    /// Another value whenever the file, or what its name means, has changed: which file, and when its content, mode or
    /// owner last changed, in nanoseconds.
    package let stamp: Stamp

    package struct Stamp: Equatable, Sendable {
        fileprivate let file: UInt64
        fileprivate let changed: Int64
    }

    /// Of an open file; nil when the call failed, and `errno` says why.
    package init?(of descriptor: Int32) {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of what a path names, without following a link; nil when the call failed, and `errno` says why.
    package init?(at path: String) {
        var status = stat()
        guard lstat(path, &status) == 0 else { return nil }
        self.init(status)
    }

    /// Of a name in an open directory, without following a link; nil when there is none, or `errno` says what else.
    package init?(of name: String, in directory: Int32) {
        var status = stat()
        guard fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
        self.init(status)
    }

    private init(_ status: stat) {
        isRegularFile = status.st_mode & S_IFMT == S_IFREG
        isDirectory = status.st_mode & S_IFMT == S_IFDIR
        mode = UInt32(status.st_mode) & 0o7777
        owner = status.st_uid
        stamp = Stamp(
            file: UInt64(status.st_ino),
            changed: Int64(status.st_ctim.tv_sec) &* 1_000_000_000 &+ Int64(status.st_ctim.tv_nsec))
    }
}
