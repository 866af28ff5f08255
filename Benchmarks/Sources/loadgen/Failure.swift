import Glibc

/// Why a benchmark could not run; printed and exited with.
struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }

    /// With what the last system call said.
    static func system(_ what: String) -> Failure { Failure("\(what): \(String(cString: strerror(errno)))") }
}

/// Nanoseconds that never go back.
func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}
