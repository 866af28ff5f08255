import NIOCore

/// Runs the tasks of an event loop's sessions on that loop: a command needs no other thread before it waits for the database,
/// and is back on its session's loop when it goes on. Made by `LoopSessions`.
///
/// What runs here must not block, no more than a `ChannelHandler` may; the use cases of the domain do not.
final class LoopExecutor: TaskExecutor {
    private let loop: any EventLoop

    init(loop: any EventLoop) {
        self.loop = loop
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        loop.execute { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
    }
}
