import Sodium

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// A file that an operator names in any directory, a mounted stick included: a root key, a backup, a keyset on its way.
package struct OutsideFile: Sendable {
    package let path: String

    package init(_ path: String) {
        self.path = path
    }

    /// What whoever keeps a secret there has to know of the place; nil where the file's mode keeps others away.
    package var warning: String? {
        let parent = open(parentPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else { return nil }
        defer { close(parent) }
        guard FileSystem(of: parent)?.keepsModes == false else { return nil }
        return "\(path) lies on a file system that keeps no modes, as sticks have them: whoever mounts it can read "
            + "the file, and only the passphrase protects it"
    }

    /// The bytes. A private one must be its owner's alone, like those in a `SecretDirectory`, where modes are kept.
    package func read(maximumBytes: Int, isPrivate: Bool) throws(KeysProblem) -> [UInt8] {
        do throws(KeyFileProblem) {
            let file = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK)
            guard file >= 0 else {
                switch errno {
                case ENOENT: throw .missing(path: path)
                case ELOOP: throw .notAFile(path: path)
                default: throw .system(path: path, operation: "open", error: SecretDirectory.errorText())
                }
            }
            defer { close(file) }
            if isPrivate {
                try SecretDirectory.check(
                    file, path, wanted: SecretDirectory.fileMode, keepsModes: keepsModes(file))
            } else if FileStatus(of: file)?.isRegularFile != true {
                throw .notAFile(path: path)
            }
            return try SecretDirectory.contents(of: file, path, maximumBytes: maximumBytes)
        } catch {
            throw .file(error)
        }
    }

    /// Writes a new file for its owner alone; what is there is never overwritten, and what fails leaves nothing. When it
    /// returns, file and name are on the disk: what is published next may depend on them.
    ///
    /// It is made under its own name, because the file systems of sticks have no links by which it could appear whole.
    package func create(_ bytes: [UInt8]) throws(KeysProblem) {
        do throws(KeyFileProblem) {
            let flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC
            let file = open(path, flags, mode_t(SecretDirectory.fileMode))
            guard file >= 0 else {
                throw errno == EEXIST
                    ? .exists(path: path)
                    : .system(path: path, operation: "create", error: SecretDirectory.errorText())
            }
            defer { close(file) }
            do throws(KeyFileProblem) {
                try SecretDirectory.fill(file, path, bytes, keepsModes: keepsModes(file))
                try synchroniseParent()
            } catch {
                unlink(path)
                throw error
            }
        } catch {
            throw .file(error)
        }
    }

    private func keepsModes(_ file: Int32) -> Bool { FileSystem(of: file)?.keepsModes ?? true }

    private var parentPath: String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return String(path[...slash])
    }

    private func synchroniseParent() throws(KeyFileProblem) {
        let parent = open(parentPath, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard parent >= 0 else {
            throw .system(path: parentPath, operation: "open", error: SecretDirectory.errorText())
        }
        defer { close(parent) }
        // Some file systems have no such thing for a directory.
        guard fsync(parent) == 0 || errno == EINVAL else {
            throw .system(path: parentPath, operation: "fsync", error: SecretDirectory.errorText())
        }
    }

    /// Takes back what `create` made.
    func remove() {
        unlink(path)
    }
}
