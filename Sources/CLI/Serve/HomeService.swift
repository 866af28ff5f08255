import Home
import ServiceLifecycle

/// The domain's upkeep as a service; when it stops, new writes are refused and those under way are done.
struct HomeService: Service {
    let home: Home

    func run() async throws {
        await cancelWhenGracefulShutdown { await home.run() }
        home.close()
    }
}
