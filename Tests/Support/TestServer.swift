import Glibc

/// A PostgreSQL server of a test's own, for tests that stop or restart it; on a unix socket in a new folder of /tmp.
package final class TestServer: Sendable {
    private let directory: String
    private let binaries: String

    /// Makes a cluster and starts its server. Root runs it as the user postgres, because PostgreSQL refuses root.
    package init() async throws {
        var template = Array("/tmp/home-test-server-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw TestProcess.Failure(description: "no folder in /tmp could be made")
        }
        directory = template.withUnsafeBufferPointer { buffer in
            buffer.baseAddress.map { String(cString: $0) } ?? ""
        }
        binaries = try Self.findBinaries()
        if getuid() == 0 {
            guard let user = getpwnam("postgres") else {
                throw TestProcess.Failure(description: "there is no user postgres to run the server as")
            }
            chown(directory, user.pointee.pw_uid, user.pointee.pw_gid)
        }
        try await run(["initdb", "-D", "\(directory)/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync"])
        try await control("start")
    }

    package var conninfo: String { "host=\(directory) user=postgres dbname=postgres" }

    package func restartImmediately() async throws { try await control("restart", "-m", "immediate") }
    package func start() async throws { try await control("start") }
    package func stopImmediately() async throws { try await control("stop", "-m", "immediate") }

    /// Stops the server and deletes its folder.
    package func delete() async throws {
        try await stopImmediately()
        try await TestProcess.run(["rm", "-rf", directory], output: "/dev/null")
    }

    private func control(_ arguments: String...) async throws {
        let options = "-k \(directory) -c listen_addresses='' -c fsync=off -c max_connections=60"
        let log = "\(directory)/data/log.txt"
        try await run(["pg_ctl", "-w", "-D", "\(directory)/data", "-l", log, "-o", options] + arguments)
    }

    private func run(_ arguments: [String]) async throws {
        var command = ["\(binaries)/\(arguments[0])"] + arguments.dropFirst()
        if getuid() == 0 { command = ["runuser", "-u", "postgres", "--"] + command }
        let status = try await TestProcess.run(command, output: "\(directory)/output.txt")
        guard status == 0 else {
            throw TestProcess.Failure(description: "\(arguments[0]) failed: see \(directory)/output.txt")
        }
    }

    /// PostgreSQL's own folder, which Debian does not have in PATH: the newest one.
    private static func findBinaries() throws -> String {
        for version in stride(from: 30, through: 13, by: -1) {
            let folder = "/usr/lib/postgresql/\(version)/bin"
            if access("\(folder)/initdb", X_OK) == 0 { return folder }
        }
        for folder in String(cString: getenv("PATH")).split(separator: ":") where access("\(folder)/initdb", X_OK) == 0
        {
            return String(folder)
        }
        throw TestProcess.Failure(description: "initdb was found neither in /usr/lib/postgresql nor in PATH")
    }
}
