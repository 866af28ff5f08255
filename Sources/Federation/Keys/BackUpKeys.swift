package import Sodium
package import Wire

/// Writes a homeserver's keys into one file and reads it back; `keys backup` calls it.
package struct BackUpKeys: Sendable {
    private let directory: KeyDirectory
    private let server: ServerName

    /// What is in a backup.
    package struct Result: Sendable {
        package let version: Int64
        package let files: [String]
        /// False when the present root lies elsewhere: then it needs a backup of its own. An earlier root does not count.
        package let hasRoot: Bool
    }

    package init(of directory: KeyDirectory, server: ServerName) {
        self.directory = directory
        self.server = server
    }

    /// Works for some seconds at the `moderate` cost. What cannot be read back is taken away again.
    package func run(
        to file: OutsideFile, passphrase: SecretBytes, cost: Argon2id.Cost = .moderate
    ) throws(KeysProblem) -> Result {
        let backup = try KeysBackup(of: directory, server: server, passphrase: passphrase, cost: cost)
        try file.create(JSONWriter.bytes(of: backup) + [UInt8(ascii: "\n")])
        do throws(KeysProblem) {
            let written = try KeysBackup(reading: file)
            _ = try written.openedPassphrases(passphrase, path: file.path)
            guard written.keyset == backup.keyset, written.files == backup.files else {
                throw .invalid(path: file.path, problem: "is not what was written")
            }
        } catch {
            file.remove()
            throw error
        }
        let files = backup.files.map(\.name)
        return Result(
            version: backup.keyset.keyset.version, files: files,
            hasRoot: files.contains(KeyDirectory.rootName(of: backup.keyset, among: files)))
    }
}
