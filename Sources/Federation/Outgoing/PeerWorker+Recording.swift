import Home
import Logging
import Synchronization
import Wire

/// The second loop of a worker: writes down what the peer has acknowledged.
extension PeerWorker {
    func recordLoop() async {
        while true {
            let due = shared.withLock { $0.lane.unrecorded() }
            guard let due, let epoch else {
                if shared.withLock({ $0.hasEndedSending }) { return }
                await acknowledged.wait()
                continue
            }
            do throws(HomeError) {
                try await home.acknowledge(
                    peer, server: server, epoch: epoch, through: due.through, rejected: due.rejected)
                // If the lane has begun anew meanwhile, it has read from the database how far it is.
                guard epoch == self.epoch else { continue }
                shared.withLock { $0.lane.record(due) }
                work.set()
            } catch .conflict {
                guard epoch == self.epoch else { continue }
                if !isBeginningAnew {
                    // The database has not numbered so far, or not in this epoch: it was rolled back under us.
                    shared.withLock { $0.mustBeginAnew = true }
                    work.set()
                    contact.wake()
                }
                if isClosing { return }
                await acknowledged.wait()
            } catch {
                logger.warning("an acknowledgement could not be recorded", metadata: ["error": "\(error)"])
                if isClosing { return }
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
