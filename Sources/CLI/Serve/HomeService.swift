import Home
import ServiceLifecycle

/// The domain's upkeep as a service; when it stops, new writes are refused and those under way are done.
struct HomeService: Service {
    let home: Home
    /// What other modules do on commands of the CLI.
    let handlers: [String: ControlHandler]

    func run() async throws {
        await cancelWhenGracefulShutdown { await home.run(handlers: handlers) }
        home.close()
        // Without it the next start is careful with what comes first, and that is all.
        try? await home.noteCleanStop()
    }
}
