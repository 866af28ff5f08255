import ArgumentParser

/// `homeserver certificates …`: the certificates of a local authority; works on the files alone, whether or not it runs.
struct CertificatesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "certificates",
        abstract: "Certificates of the listeners: renew, show.",
        discussion: """
            For homeservers of one operator on one machine or network there is a local authority (renew). A homeserver \
            on the internet has its certificate from a public one. A running homeserver notices within seconds that \
            its certificate's files have changed.
            """,
        subcommands: [RenewCertificatesCommand.self, ShowCertificatesCommand.self]
    )
}
