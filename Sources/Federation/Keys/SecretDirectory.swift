import Sodium

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A directory whose files are for one user alone: itself 0700, its files 0600, checked whenever it is opened or read.
///
/// Files are made whole (a temporary one, fsync, then its name, fsync of the directory) and no link is followed. Its
/// state is one open descriptor, which never changes. Calls block for as long as the disk does.
package final class SecretDirectory: Sendable {
    package static let directoryMode: UInt32 = 0o700
    package static let fileMode: UInt32 = 0o600

    package let path: String
    private let descriptor: Int32

    /// Opens a directory that is there.
    package init(opening path: String) throws(KeyFileProblem) {
        let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case ENOTDIR, ELOOP: throw .notADirectory(path: path)
            default: throw .system(path: path, operation: "open", error: SecretDirectory.errorText())
            }
        }
        do throws(KeyFileProblem) {
            try SecretDirectory.check(descriptor, path, wanted: SecretDirectory.directoryMode)
        } catch {
            close(descriptor)
            throw error
        }
        self.path = path
        self.descriptor = descriptor
    }

    /// Makes the directory if it is missing; its parent must be there.
    package convenience init(making path: String) throws(KeyFileProblem) {
        if mkdir(path, mode_t(SecretDirectory.directoryMode)) != 0, errno != EEXIST {
            throw .system(path: path, operation: "mkdir", error: SecretDirectory.errorText())
        }
        try self.init(opening: path)
    }

    deinit {
        close(descriptor)
    }

    package func path(of name: String) -> String { path + "/" + name }

    /// Whether anything has that name, a dangling link included.
    package func contains(_ name: String) -> Bool {
        FileStatus(of: name, in: descriptor) != nil
    }

    /// The names in it, sorted.
    package func names() throws(KeyFileProblem) -> [String] {
        guard let stream = opendir(path) else {
            throw .system(path: path, operation: "opendir", error: SecretDirectory.errorText())
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names.sorted()
    }

    /// The bytes of a file, whose mode and owner must be right.
    package func read(_ name: String, maximumBytes: Int) throws(KeyFileProblem) -> [UInt8] {
        let path = path(of: name)
        let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            switch errno {
            case ENOENT: throw .missing(path: path)
            case ELOOP: throw .notAFile(path: path)
            default: throw .system(path: path, operation: "open", error: SecretDirectory.errorText())
            }
        }
        defer { close(file) }
        try SecretDirectory.check(file, path, wanted: SecretDirectory.fileMode)
        return try SecretDirectory.contents(of: file, path, maximumBytes: maximumBytes)
    }

    /// All bytes of an open file.
    static func contents(of file: Int32, _ path: String, maximumBytes: Int) throws(KeyFileProblem) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: maximumBytes + 1)
        var count = 0
        while count < bytes.count {
            let length = bytes.withUnsafeMutableBytes { buffer in
                SecretDirectory.readBytes(file, buffer.baseAddress?.advanced(by: count), buffer.count - count)
            }
            if length < 0, errno == EINTR { continue }
            guard length >= 0 else { throw .system(path: path, operation: "read", error: SecretDirectory.errorText()) }
            if length == 0 { break }
            count += length
        }
        guard count <= maximumBytes else { throw .tooLong(path: path, maximum: maximumBytes) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// Writes a file that must not be there yet.
    package func create(_ name: String, _ bytes: [UInt8]) throws(KeyFileProblem) {
        let path = path(of: name)
        guard !contains(name) else { throw .exists(path: path) }
        let temporary = try writeTemporary(for: name, bytes)
        // A link, unlike a rename, never takes the place of a file that has appeared meanwhile.
        let failed = linkat(descriptor, temporary, descriptor, name, 0) != 0
        let error = errno
        unlinkat(descriptor, temporary, 0)
        if failed {
            throw error == EEXIST
                ? .exists(path: path) : .system(path: path, operation: "link", error: SecretDirectory.errorText(error))
        }
        try synchronise()
    }

    /// Writes a file in the place of the one that may be there; a reader sees one or the other, whole.
    package func replace(_ name: String, _ bytes: [UInt8]) throws(KeyFileProblem) {
        let temporary = try writeTemporary(for: name, bytes)
        guard renameat(descriptor, temporary, descriptor, name) == 0 else {
            let text = SecretDirectory.errorText()
            unlinkat(descriptor, temporary, 0)
            throw .system(path: path(of: name), operation: "rename", error: text)
        }
        try synchronise()
    }

    /// Takes back a file that was made a moment ago for something that then failed.
    package func remove(_ name: String) {
        unlinkat(descriptor, name, 0)
    }

    /// Keeps every other command from changing anything here, until this object is let go.
    package func lock() throws(KeyFileProblem) {
        guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
        throw errno == EWOULDBLOCK
            ? .busy(path: path) : .system(path: path, operation: "flock", error: SecretDirectory.errorText())
    }

    private func writeTemporary(for name: String, _ bytes: [UInt8]) throws(KeyFileProblem) -> String {
        let temporary = ".\(name).\(UInt64.random(in: .min ... .max)).new"
        let path = path(of: temporary)
        let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
        let file = openat(descriptor, temporary, flags, mode_t(SecretDirectory.fileMode))
        guard file >= 0 else { throw .system(path: path, operation: "create", error: SecretDirectory.errorText()) }
        defer { close(file) }
        do throws(KeyFileProblem) {
            try SecretDirectory.fill(file, path, bytes)
        } catch {
            unlinkat(descriptor, temporary, 0)
            throw error
        }
        return temporary
    }

    /// Writes a new file's bytes down to the disk, for its owner alone.
    ///
    /// - Parameter keepsModes: False for a file system that cannot say whose alone it is; then the passphrase has to do.
    static func fill(
        _ file: Int32, _ path: String, _ bytes: [UInt8], keepsModes: Bool = true
    ) throws(KeyFileProblem) {
        var written = 0
        while written < bytes.count {
            let length = bytes.withUnsafeBytes { buffer in
                write(file, buffer.baseAddress?.advanced(by: written), buffer.count - written)
            }
            if length < 0, errno == EINTR { continue }
            guard length > 0 else { break }
            written += length
        }
        func isPrivate() -> Bool {
            fchmod(file, mode_t(SecretDirectory.fileMode)) == 0 || !keepsModes && errno == EPERM
        }
        guard written == bytes.count, isPrivate(), fsync(file) == 0 else {
            throw .system(path: path, operation: "write", error: SecretDirectory.errorText())
        }
    }

    private func synchronise() throws(KeyFileProblem) {
        guard fsync(descriptor) == 0 else {
            throw .system(path: path, operation: "fsync", error: SecretDirectory.errorText())
        }
    }

    /// - Parameter keepsModes: False for a file system whose modes say nothing about a file.
    static func check(
        _ descriptor: Int32, _ path: String, wanted: UInt32, keepsModes: Bool = true
    ) throws(KeyFileProblem) {
        guard let status = FileStatus(of: descriptor) else {
            throw .system(path: path, operation: "stat", error: errorText())
        }
        if wanted == fileMode, !status.isRegularFile { throw .notAFile(path: path) }
        guard status.owner == geteuid() else {
            throw .owner(path: path, found: status.owner, wanted: geteuid())
        }
        guard !keepsModes || status.mode & ~wanted == 0 else {
            throw .mode(path: path, found: status.mode, wanted: wanted)
        }
    }

    /// The system's call, whose name our own method hides.
    private static func readBytes(_ file: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int) -> Int {
        #if canImport(Glibc)
        Glibc.read(file, buffer, count)
        #else
        Musl.read(file, buffer, count)
        #endif
    }

    static func errorText(_ number: Int32 = errno) -> String {
        String(cString: strerror(number))
    }
}
