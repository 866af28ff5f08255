import NIOPosix

/// Does what blocks on a thread that begins and ends with it; nil when the task was cancelled before.
func onThreadOfItsOwn<Value: Sendable>(_ work: @escaping @Sendable () -> Value) async -> Value? {
    let thread = NIOThreadPool(numberOfThreads: 1)
    thread.start()
    let value = try? await thread.runIfActive { work() }
    try? await thread.shutdownGracefully()
    return value
}
