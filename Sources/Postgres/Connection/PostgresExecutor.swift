/// Runs tasks on the thread of a client's connections: between the round trips of a transaction such a task changes no
/// threads. Made by `PostgresClient`; the Writer's task prefers it.
///
/// What runs here must not block, because every connection of the client waits for it. A task that is still there before
/// the client starts or after it has ended runs on Swift's own threads.
final class PostgresExecutor: TaskExecutor {
    private let thread: PostgresThread

    init(thread: PostgresThread) {
        self.thread = thread
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let isRunning = thread.perform { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        if !isRunning { globalConcurrentExecutor.enqueue(ExecutorJob(job)) }
    }
}
