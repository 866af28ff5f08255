import CLinux
import Glibc

/// One epoll loop over all sockets, on one thread: the load must cost as little of the machine as it can.
final class Loop {
    private let epoll = epoll_create1(0)
    private(set) var sockets: [Int32: Socket] = [:]
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 16)

    deinit {
        buffer.deallocate()
        close(epoll)
    }

    func add(_ socket: Socket) throws {
        var event = epoll_event()
        event.events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLET.rawValue
        event.data.fd = socket.descriptor
        guard epoll_ctl(epoll, EPOLL_CTL_ADD, socket.descriptor, &event) == 0 else { throw Failure.system("epoll_ctl") }
        sockets[socket.descriptor] = socket
    }

    /// Waits up to `milliseconds` and hands over what has come.
    func turn(milliseconds: Int32, _ take: (Socket, UnsafeRawBufferPointer) throws -> Void) throws {
        var events = [epoll_event](repeating: epoll_event(), count: 256)
        let count = epoll_wait(epoll, &events, 256, milliseconds)
        guard count >= 0 || errno == EINTR else { throw Failure.system("epoll_wait") }
        for event in events.prefix(Int(max(count, 0))) {
            guard let socket = sockets[event.data.fd] else { continue }
            if socket.wantsWrite { try socket.flush() }
            if event.events & EPOLLIN.rawValue != 0 { try socket.read(buffer) { try take(socket, $0) } }
        }
    }
}
