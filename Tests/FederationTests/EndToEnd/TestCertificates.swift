import Support

/// A certificate authority and the certificates that it signed, made with `openssl` for the tests of one process.
struct TestCertificates: Sendable {
    let directory: String

    var authority: String { directory + "/ca.crt" }
    func certificate(_ name: String) -> String { "\(directory)/\(name).crt" }
    func key(_ name: String) -> String { "\(directory)/\(name).key" }

    /// - Parameter names: Server names; each gets a certificate of its own.
    static func make(_ names: [String], in directory: String) async throws -> TestCertificates {
        let certificates = TestCertificates(directory: directory)
        try await openssl(
            ["req", "-x509", "-new", "-subj", "/CN=test authority", "-addext", "basicConstraints=critical,CA:TRUE"],
            certificates.directory + "/ca", days: ["-days", "2"])
        for name in names {
            try await openssl(
                [
                    "req", "-x509", "-new", "-subj", "/CN=\(name)", "-addext", "subjectAltName=DNS:\(name)", "-addext",
                    "basicConstraints=critical,CA:FALSE", "-CA", certificates.authority, "-CAkey",
                    certificates.directory + "/ca.key",
                ], certificates.directory + "/" + name, days: ["-days", "1"])
        }
        return certificates
    }

    struct Failure: Error {
        /// Where openssl has said why, with `.log` behind it.
        let path: String
    }

    private static func openssl(_ arguments: [String], _ path: String, days: [String]) async throws {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        let status = try await TestProcess.run(
            ["openssl"] + arguments + key + ["-keyout", path + ".key", "-out", path + ".crt"] + days,
            output: path + ".log")
        guard status == 0 else { throw Failure(path: path) }
    }
}
