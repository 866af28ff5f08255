import Postgres
import Wire

/// Runs a batch as one transaction of two round trips: lock and read, then write and COMMIT. All SQL of the Writer is in its extensions.
///
/// Rows that give numbers are locked in one order everywhere: conversations by key, then outbound links by peer, then inbound links by peer.
/// Channels' conversations and communities come last; nobody else locks those.
struct BatchStore: Sendable {
    let database: PostgresClient
    let board: CommunityBoard
    let ids: IDSource
    let incarnation: Incarnation

    /// Reads what the units need, applies them in order and commits; returns what is to be told.
    func commit(
        now: Instant, mayHaveRun: Bool, units: ArraySlice<any PendingUnit>
    ) async throws(PostgresError) -> Batch {
        var needs = BatchNeeds(mayHaveRun: mayHaveRun)
        for unit in units { unit.declare(&needs) }
        do {
            let communities = try await communities(for: &needs)
            let reads = reads(for: needs)
            let batch = try await database.transaction(retries: 0) { transaction in
                var batch = Batch(now: now, mayHaveRun: mayHaveRun, ids: ids, incarnation: incarnation.value)
                batch.communities = communities
                batch.pauses = board.pauses
                let rows = try await transaction.run(reads.map(\.query))
                for (read, rows) in zip(reads, rows) { try read.take(rows, &batch) }
                for unit in units { unit.apply(to: &batch) }
                _ = try await transaction.finish(writes(of: batch))
                return batch
            }
            publish(batch)
            return batch
        } catch let error as PostgresError {
            // Whether it committed or not: what is in memory may be older than the database from here on.
            board.forget(needs.communities)
            throw error
        } catch {
            preconditionFailure("a batch throws nothing but PostgresError: \(error)")
        }
    }

    /// Before anybody hears of the batch: whoever does may read at once.
    private func publish(_ batch: Batch) {
        board.pauses = batch.pauses
        // Of a copy a channel may change alone.
        let changed = batch.rows.communities.union(batch.rows.channels.values).compactMap { batch.communities[$0] }
        if !changed.isEmpty { board.publish(changed) }
        if !batch.rows.deleted.isEmpty { board.forget(Set(batch.rows.deleted.keys)) }
        if !batch.rows.behindHosts.isEmpty { board.forget(hostedBy: batch.rows.behindHosts) }
    }
}

/// A statement of the first round trip and where its rows go.
struct BatchRead {
    let query: PostgresQuery
    let take: (PostgresRows, inout Batch) throws(PostgresError) -> Void
}

extension PostgresError {
    /// What a failed batch means for the Writer.
    enum WriterClass {
        /// PostgreSQL executed it and said no: a unit is at fault.
        case rejected
        /// The connection or the server was the trouble: the same batch may be tried again.
        case transient(mayHaveRun: Bool)
        case gone
    }

    var writerClass: WriterClass {
        switch self {
        case .connectionLost(let mayHaveRun), .timedOut(let mayHaveRun): .transient(mayHaveRun: mayHaveRun)
        case .overloaded, .connecting: .transient(mayHaveRun: false)
        // 08 connection, 40 serialisation or deadlock, 53 resources, 57 operator (shutdown, cancel), 58 system.
        case .server(let error) where ["08", "40", "53", "57", "58"].contains(String(error.code.rawValue.prefix(2))):
            .transient(mayHaveRun: false)
        case .server, .decoding, .invalidQuery, .noRows: .rejected
        case .closed, .cancelled, .configuration: .gone
        }
    }
}
