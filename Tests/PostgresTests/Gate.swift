/// Two moments that tasks of a test wait for: that it was opened, and that it was closed again.
final class Gate: Sendable {
    private let stream: (opened: AsyncStream<Void>, closed: AsyncStream<Void>)
    private let ends: (opened: AsyncStream<Void>.Continuation, closed: AsyncStream<Void>.Continuation)

    init() {
        let (opened, closed) = (AsyncStream.makeStream(of: Void.self), AsyncStream.makeStream(of: Void.self))
        stream = (opened.stream, closed.stream)
        ends = (opened.continuation, closed.continuation)
    }

    func open() { ends.opened.finish() }
    func close() { ends.closed.finish() }
    func opened() async { for await _ in stream.opened {} }
    func closed() async { for await _ in stream.closed {} }
}
