import NIOPosix
import Synchronization
import Wire

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Looks up addresses of hosts on threads of its own, because the system's resolver blocks; used by `Dialer`.
///
/// Its state is the thread pool: four look-ups at a time, the others wait. Nobody waits for longer than `Limits.lookUpTime`, though the
/// system's resolver goes on for as long as it likes.
final class HostResolver: Sendable {
    private let threads = NIOThreadPool(numberOfThreads: 4)

    /// Look-ups before this find nothing.
    func start() {
        threads.start()
    }

    /// Every address of the host, in the order in which the system would try them; empty when there is none, or none in time.
    func addresses(of host: String) async -> [IPAddress] {
        if let literal = IPAddress(host) { return [literal] }
        if HostResolver.isLocalhost(host) { return HostResolver.loopback }
        return await withCheckedContinuation { continuation in
            let first = First(continuation)
            let patience = Task {
                guard (try? await Task.sleep(for: Limits.lookUpTime)) != nil else { return }
                first.resume([])
            }
            Task {
                first.resume((try? await threads.runIfActive { HostResolver.lookUp(host) }) ?? [])
                patience.cancel()
            }
        }
    }

    /// The first of two answers counts. State: `Mutex`.
    private final class First: Sendable {
        private let waiter: Mutex<CheckedContinuation<[IPAddress], Never>?>

        init(_ continuation: CheckedContinuation<[IPAddress], Never>) {
            waiter = Mutex(continuation)
        }

        func resume(_ addresses: [IPAddress]) {
            let continuation = waiter.withLock { waiter in
                defer { waiter = nil }
                return waiter
            }
            continuation?.resume(returning: addresses)
        }
    }

    /// Ends the threads; look-ups afterwards find nothing.
    func shutDown() async {
        try? await threads.shutdownGracefully()
    }

    // SPEC: RFC 6761 §6.3: names under localhost are loopback and are not asked of DNS.
    private static func isLocalhost(_ host: String) -> Bool {
        host == "localhost" || host.hasSuffix(".localhost")
    }

    private static let loopback = ["127.0.0.1", "::1"].compactMap { IPAddress($0) }

    private static func lookUp(_ host: String) -> [IPAddress] {
        var hints = addrinfo()
        #if canImport(Glibc)
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        #else
        hints.ai_socktype = SOCK_STREAM
        #endif
        hints.ai_flags = AI_ADDRCONFIG
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        var addresses: [IPAddress] = []
        var next = first
        while let entry = next {
            if let address = address(of: entry.pointee), !addresses.contains(address) { addresses.append(address) }
            next = entry.pointee.ai_next
        }
        return addresses
    }

    private static func address(of entry: addrinfo) -> IPAddress? {
        guard let pointer = UnsafeRawPointer(entry.ai_addr) else { return nil }
        switch entry.ai_family {
        case AF_INET:
            let address = pointer.loadUnaligned(as: sockaddr_in.self).sin_addr
            return withUnsafeBytes(of: address) { IPAddress(bytes: $0) }
        case AF_INET6:
            let address = pointer.loadUnaligned(as: sockaddr_in6.self).sin6_addr
            return withUnsafeBytes(of: address) { IPAddress(bytes: $0) }
        default: return nil
        }
    }
}
