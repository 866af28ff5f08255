import Glibc
import Logging

/// What the process asks of the system before it serves.
enum ProcessLimits {
    /// As many open files, and so sockets, as the system lets us have; and a peer that hangs up is an error, no signal.
    static func prepare() {
        signal(SIGPIPE, SIG_IGN)
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        if setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) != 0 {
            Logger(label: "homeserver").warning("the limit of open files cannot be raised")
        }
    }
}
