import Glibc

/// CPU time and memory of processes, from /proc.
enum ProcessCPU {
    /// User and system time of a process in seconds, with the children that it has waited for.
    static func seconds(of pid: Int) -> Double {
        let fields = stat(pid)
        guard fields.count > 14 else { return 0 }
        // Behind the name: state is field 3 of proc(5), so utime (14) is at 11.
        return (11...14).reduce(0.0) { $0 + (Double(fields[$1]) ?? 0) } / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    /// The same for a PostgreSQL server: its postmaster and all its children.
    static func seconds(ofPostgres pid: Int) -> Double {
        children(of: pid).reduce(seconds(of: pid)) { $0 + seconds(of: $1) }
    }

    static func residentBytes(of pid: Int) -> Int {
        for line in read("/proc/\(pid)/status").split(separator: "\n") where line.hasPrefix("VmRSS:") {
            return (Int(line.split(separator: " ").dropFirst().first ?? "") ?? 0) * 1024
        }
        return 0
    }

    private static func children(of pid: Int) -> [Int] {
        read("/proc/\(pid)/task/\(pid)/children").split(separator: " ").compactMap { Int($0) }
    }

    private static func stat(_ pid: Int) -> [Substring] {
        let text = read("/proc/\(pid)/stat")
        guard let end = text.lastIndex(of: ")") else { return [] }
        return text[text.index(after: end)...].split(separator: " ")
    }

    private static func read(_ path: String) -> String {
        guard let file = fopen(path, "r") else { return "" }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        let count = fread(&bytes, 1, bytes.count, file)
        return String(decoding: bytes[0..<count], as: UTF8.self)
    }
}

/// The difference of two readings of the same processes.
struct CPUMeter {
    let homeservers: [Int]
    let postgres: [Int]
    private let before: (Double, Double)

    init(_ servers: [Description.Homeserver]) {
        homeservers = servers.map(\.pid)
        postgres = servers.map(\.postgres_pid)
        before = Self.read(homeservers, postgres)
    }

    /// Seconds since `init`: of the homeservers, of the databases.
    var spent: (homeserver: Double, postgres: Double) {
        let after = Self.read(homeservers, postgres)
        return (after.0 - before.0, after.1 - before.1)
    }

    private static func read(_ homeservers: [Int], _ postgres: [Int]) -> (Double, Double) {
        (
            homeservers.reduce(0) { $0 + ProcessCPU.seconds(of: $1) },
            postgres.reduce(0) { $0 + ProcessCPU.seconds(ofPostgres: $1) }
        )
    }
}
