import Glibc

/// Runs the programs of PostgreSQL to their end, off the threads of the tests.
package enum TestProcess {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// Runs the program (its first argument, looked up in PATH) with its output appended to a file; returns its exit status.
    @discardableResult
    package static func run(_ arguments: [String], output: String) async throws -> Int32 {
        let process = try spawn(arguments, output: output)
        return await withUnsafeContinuation { continuation in
            let wait = Wait(process: process, continuation: continuation)
            var thread = pthread_t()
            let status = pthread_create(
                &thread, nil,
                { context in
                    guard let context else { return nil }
                    Unmanaged<Wait>.fromOpaque(context).takeRetainedValue().finish()
                    return nil
                }, Unmanaged.passRetained(wait).toOpaque())
            precondition(status == 0, "no thread could be started")
            pthread_detach(thread)
        }
    }

    private final class Wait {
        let process: pid_t
        let continuation: UnsafeContinuation<Int32, Never>

        init(process: pid_t, continuation: UnsafeContinuation<Int32, Never>) {
            self.process = process
            self.continuation = continuation
        }

        func finish() {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0 && errno == EINTR {}
            // The exit status lies in the second byte, a signal in the first (wait(2)).
            continuation.resume(returning: status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f))
        }
    }

    private static func spawn(_ arguments: [String], output: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // What it starts must not end with the terminal's signals, nor inherit our sockets.
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))

        let texts = arguments.map { strdup($0) }
        defer { for text in texts { free(text) } }
        var process = pid_t()
        let status = posix_spawnp(&process, arguments[0], &actions, &attributes, texts + [nil], environ)
        guard status == 0 else { throw Failure(description: "\(arguments[0]): \(String(cString: strerror(status)))") }
        return process
    }
}
