package import Sodium
package import Wire

/// Puts the keys of a backup back; `keys restore` calls it. Nothing that is there is overwritten, but an older keyset.
package struct RestoreKeys: Sendable {
    private let server: ServerName
    private let time: any TimeSource

    package init(server: ServerName, time: any TimeSource = SystemTime()) {
        self.server = server
        self.time = time
    }

    /// The keyset that is there afterwards. Directories that are missing are made. Everything is checked before the first file is made, and what fails takes
    /// back what it made.
    package func run(
        from file: OutsideFile, passphrase: SecretBytes, keysPath: String, secretsPath: String
    ) throws(KeysProblem) -> Keyset {
        let backup = try KeysBackup(reading: file)
        guard backup.keyset.keyset.server == server else {
            throw .wrongServer(path: file.path, found: backup.keyset.keyset.server, wanted: server)
        }
        let passphrases = try backup.openedPassphrases(passphrase, path: file.path)
        let directory = try KeyDirectory(makingKeysPath: keysPath, secretsPath: secretsPath)
        try directory.lock()
        let present = try directory.hasKeyset ? directory.loadKeyset(of: server) : nil
        if let present, present.sha256 != backup.keyset.sha256 {
            let verdict = KeysetPolicy.judge(
                new: backup.keyset, of: server, pinned: PinnedKeys(of: present), now: time.now())
            guard verdict == .accept else { throw .refused(path: file.path, verdict) }
        }
        var writing = RestoredFiles(directory)
        for (id, secret) in passphrases {
            try writing.add(
                secret.withBytes { Array($0) } + [UInt8(ascii: "\n")], KeyDirectory.passphraseName(id), isSecret: true)
        }
        for file in backup.files { try writing.add(Array(file.text.utf8), file.name, isSecret: false) }
        try writing.run()
        if present?.sha256 != backup.keyset.sha256 {
            try directory.publish(backup.keyset) { writing.takeBack() }
        }
        return backup.keyset.keyset
    }
}

/// The files that a restore is about to make; only `RestoreKeys` uses it.
private struct RestoredFiles {
    private let directory: KeyDirectory
    private var missing: [(bytes: [UInt8], name: String, isSecret: Bool)] = []

    init(_ directory: KeyDirectory) {
        self.directory = directory
    }

    /// A file that is there must be the same.
    mutating func add(_ bytes: [UInt8], _ name: String, isSecret: Bool) throws(KeysProblem) {
        let place = isSecret ? directory.secrets : directory.keys
        guard place.contains(name) else {
            missing.append((bytes, name, isSecret))
            return
        }
        guard try directory.read(place, name, maximumBytes: SealedFile.maximumFileBytes) == bytes else {
            throw .file(.exists(path: place.path(of: name)))
        }
    }

    func run() throws(KeysProblem) {
        do throws(KeyFileProblem) {
            for file in missing {
                try (file.isSecret ? directory.secrets : directory.keys).create(file.name, file.bytes)
            }
        } catch {
            takeBack()
            throw .file(error)
        }
    }

    func takeBack() {
        for file in missing { (file.isSecret ? directory.secrets : directory.keys).remove(file.name) }
    }
}
