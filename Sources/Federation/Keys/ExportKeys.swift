package import Wire

/// Writes what the machine with the root needs to sign the next keyset; `keys export` calls it.
package struct ExportKeys: Sendable {
    private let directory: KeyDirectory
    private let server: ServerName

    package init(from directory: KeyDirectory, of server: ServerName) {
        self.directory = directory
        self.server = server
    }

    /// - Parameter isStaging: Makes a new online key here and hands over its public half. It signs nothing before a
    ///   keyset that holds it is installed.
    package func run(to file: OutsideFile, isStaging: Bool) throws(KeysProblem) -> KeysTransfer {
        if isStaging { try directory.lock() }
        let keyset = try directory.loadKeyset(of: server)
        let fresh = try isStaging ? FreshOnlineKey(for: directory) : nil
        let transfer = KeysTransfer(keyset, newKey: fresh?.publicKey)
        try transfer.write(to: file)
        guard let fresh else { return transfer }
        do throws(KeysProblem) {
            try directory.create(fresh)
        } catch {
            file.remove()
            throw error
        }
        return transfer
    }
}
