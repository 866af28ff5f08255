import Home
import Logging
import NIOCore
import Wire

/// How a session begins: who it is, then `hello`, then either an earlier stream or a new one with `ready`.
extension WebSocketSession {
    /// Looks the token up. A browser cannot see why an upgrade failed, so the socket is open already and says it by its close code.
    func authenticate() {
        guard let handle else { return }
        let token = token
        let environment = environment
        self.token = ""
        guard !token.isEmpty else { return close(.notAuthenticated) }
        task {
            do throws(HomeError) {
                handle.session.authenticated(try await environment.home.authenticate(socketToken: token))
            } catch {
                handle.session.refuse(error)
            }
        }
    }

    private func authenticated(_ login: Login) {
        guard !isClosing, let context else { return }
        guard !environment.hub.isDraining else { return close(.restarting, linger: .seconds(1)) }
        guard environment.hub.admit(login.account.key) else { return close(.tooManySockets) }
        counted = login.account.key
        appear(login.account.key)
        write { FrameWriter.text(environment.hello, to: &$0) }
        if asksToResume {
            phase = .awaitingResume(login, deadline: environment.hub.time.monotonic() + Limits.resumeWait)
            proceed(with: intake.release())
        } else {
            context.flush()
            startAnew(login, because: nil)
        }
    }

    /// The session could not be begun.
    private func refuse(_ error: HomeError) {
        switch error {
        case .unauthorized: close(.badToken)
        case .unavailable, .rateLimited: close(.unknown)
        default: close(.internalError)
        }
    }

    /// Begins a new stream: first it gathers events, then the lists are read, then both are sent in that order.
    func startAnew(_ login: Login, because reason: ResyncFrame.Reason?) {
        guard let handle else { return }
        intake.hold()
        let stream = environment.hub.open(login, socket: handle)
        phase = .opening(stream)
        // A revocation that came before the stream was known to the hub has not been heard of here.
        guard !environment.home.isRevoked(login) else {
            environment.hub.remove(stream)
            return close(.revoked)
        }
        let environment = environment
        task {
            do throws(HomeError) {
                let state = try await environment.openings.pass { () async throws(HomeError) in
                    handle.session.isClosing ? nil : try await environment.home.readyState(of: login.account)
                }
                guard let state else { return }
                let ready = ReadyFrame(
                    stream: stream.id, epoch: environment.hub.epoch, incarnation: environment.home.incarnation,
                    user: login.account.id, state: state)
                var frames = [JSONWriter.bytes(of: ready)]
                if let reason { frames.insert(JSONWriter.bytes(of: ResyncFrame(reason: reason)), at: 0) }
                stream.begin(with: frames)
                handle.session.opened()
            } catch {
                handle.session.refuse(error)
            }
        }
    }

    private func opened() {
        guard case .opening(let stream) = phase else { return }
        phase = .open(stream)
        logStream(stream)
        // The lists may have been read before what had to be recovered was there to be read.
        guard !stream.isBroken else { return recover() }
        proceed(with: intake.release())
    }

    /// Goes on with an earlier stream, or says why not and begins anew.
    func resume(_ command: ResumeCommand, of login: Login) {
        guard let handle else { return }
        switch environment.hub.resume(command, login: login, socket: handle) {
        case .failure(let refusal):
            startAnew(login, because: refusal.reason)
        case .success(let resumed):
            phase = .open(resumed.stream)
            logStream(resumed.stream)
            guard !environment.home.isRevoked(login) else {
                environment.hub.remove(resumed.stream)
                return close(.revoked)
            }
            if resumed.hasMissed { repeatStatuses(on: resumed.stream) }
        }
    }

    /// Says how it stands with every friend, behind what the socket had missed. Somebody may come or go between the reading and the
    /// saying, so who is another by then is said again.
    private func repeatStatuses(on stream: SessionStream) {
        guard let handle else { return }
        let environment = environment
        task {
            var said: [UserID: ShownPresence] = [:]
            for _ in 0..<WebSocketSession.repetitions {
                let read = try? await environment.openings.pass { () async throws(HomeError) in
                    handle.session.isClosing ? nil : try await environment.home.friends(of: stream.login.account)
                }
                guard let friends = read ?? nil else { return }
                let others = friends.filter { said[$0.user] != $0.presence }
                guard !others.isEmpty else { return }
                var wakes = SocketWakes()
                for friend in others {
                    let frame = FriendStatusChangedFrame(user: friend.user, presence: friend.presence)
                    wakes.add(stream.sendEphemeral(JSONWriter.bytes(of: frame), key: frame.key))
                    said[friend.user] = friend.presence
                }
                wakes.carryOut()
            }
        }
    }

    /// The one line that has both names: ours of the socket, and the one that the client knows its session by.
    private func logStream(_ stream: SessionStream) {
        log("a session goes on in a socket", ["session": "\(stream.id)", "user": "\(stream.login.account.id)"])
    }
}
