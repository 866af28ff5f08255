import Glibc

/// What the system says of this process; read for each scrape.
struct ProcessStatus: Sendable, Equatable {
    let residentBytes: Int
    let cpuSeconds: Double
    let openFiles: Int
    let maximumFiles: Int
    /// Seconds since 1970.
    let startedAt: Double

    /// Nil where there is no `/proc`.
    static func read() -> ProcessStatus? {
        guard let stat = text(of: "/proc/self/stat"), let boot = bootTime() else { return nil }
        // The second field is a name in parentheses that may hold anything; the third follows its last one.
        let fields = stat.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 21, let user = Double(fields[11]), let system = Double(fields[12]),
            let start = Double(fields[19]), let pages = Int(fields[21])
        else { return nil }
        let ticks = Double(sysconf(Int32(_SC_CLK_TCK)))
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return nil }
        return ProcessStatus(
            residentBytes: pages * sysconf(Int32(_SC_PAGESIZE)), cpuSeconds: (user + system) / ticks,
            openFiles: openFiles(), maximumFiles: Int(clamping: limit.rlim_cur), startedAt: boot + start / ticks)
    }

    private static func bootTime() -> Double? {
        text(of: "/proc/stat")?.split(separator: "\n").first { $0.hasPrefix("btime ") }
            .flatMap { Double($0.dropFirst("btime ".count)) }
    }

    private static func openFiles() -> Int {
        guard let directory = opendir("/proc/self/fd") else { return 0 }
        defer { closedir(directory) }
        var count = 0
        while readdir(directory) != nil { count += 1 }
        // Without the two for the directory itself and its parent, and the one that this look has opened.
        return max(0, count - 3)
    }

    /// At most 64 KiB of it.
    private static func text(of path: String) -> String? {
        guard let file = fopen(path, "r") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes.prefix(count), as: UTF8.self)
    }
}
