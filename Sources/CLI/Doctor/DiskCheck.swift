import Federation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// How much room a file system still has; `Doctor` asks for each place that grows or that must be writable.
enum DiskCheck {
    private static let failingBytes: UInt64 = 100 << 20
    private static let warnedBytes: UInt64 = 1 << 30
    private static let warnedPercent: UInt64 = 10

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func finding(_ what: String, path: String) -> Finding {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else {
            return .failure(
                "disk", "unreadable", "\(path) (\(what)): \(String(cString: strerror(errno)))",
                fix: "see that the directory is there and may be read by the homeserver's user")
        }
        let block = UInt64(status.f_frsize)
        return finding(
            what, path: path, free: UInt64(status.f_bavail) * block, total: UInt64(status.f_blocks) * block)
    }

    static func finding(_ what: String, path: String, free: UInt64, total: UInt64) -> Finding {
        let percent = total == 0 ? 0 : Int(Double(free) / Double(total) * 100)
        let seen = "\(free >> 20) MiB free for \(what) in \(path), \(percent) %"
        let fix = "make room: a full disk stops PostgreSQL, and messages with it"
        if free < failingBytes { return .failure("disk", "full", seen, fix: fix) }
        guard free >= warnedBytes, UInt64(percent) >= warnedPercent else {
            return .warning("disk", "low", seen, fix: fix)
        }
        return .ok("disk", seen)
    }
}
