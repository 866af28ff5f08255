import ServiceLifecycle

/// A service under a name: without one, a service group's debug lines would print all that is in it, field by field.
struct NamedService: Service, CustomStringConvertible {
    let description: String
    private let service: any Service

    init(_ name: String, _ service: any Service) {
        description = name
        self.service = service
    }

    func run() async throws { try await service.run() }
}
