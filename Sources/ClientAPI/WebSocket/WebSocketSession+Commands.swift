import Home
import NIOCore
import Wire

/// What a session does with the frames of its client: one at a time, each answered before the next is looked at.
extension WebSocketSession {
    /// Runs a frame and those that wait behind it, until one needs time.
    func run(_ frame: CommandIntake.Frame) {
        var next: CommandIntake.Frame? = frame
        while let frame = next {
            guard !isClosing, execute(frame) else { return }
            next = intake.finish()
        }
    }

    /// Goes on with the next frame if there is one, sends what there is to send, and lets the socket be read again.
    func proceed(with frame: CommandIntake.Frame?) {
        guard !isClosing else { return }
        if let frame { run(frame) }
        flush()
        readOn()
    }

    /// Does what the frame asks; false when that is not done yet.
    private func execute(_ received: CommandIntake.Frame) -> Bool {
        let frame: ClientFrame
        do throws(ClientError) {
            frame = try ClientFrame(received.bytes)
        } catch {
            refuseUndecodable(error)
            return true
        }
        undecodable = 0
        guard let command = CommandTable.command(frame.type) else {
            environment.metrics.unknownCommand()
            if isAdmitted(.command, frame) {
                refuse(frame, ClientError(.unknownType, "there is no such type of frame"))
            }
            return true
        }
        environment.metrics.received(command)
        guard isAdmitted(command.rate, frame) else { return true }
        do throws(FieldError) {
            return perform(
                try command.decode(frame.object, environment.home.server), frame, cameAt: received.cameAt)
        } catch {
            refuse(frame, ClientError(error))
            return true
        }
    }

    private func perform(_ action: CommandAction, _ frame: ClientFrame, cameAt: Duration) -> Bool {
        switch (action, phase) {
        case (.bye, _):
            if let stream {
                flush()
                environment.hub.remove(stream)
            }
            close(.normal)
        case (.resume(let command), .awaitingResume(let login, _)):
            resume(command, of: login)
        case (_, .awaitingResume):
            refuse(
                frame, ClientError(.invalid, "resume must be the first frame, as the socket was opened with resume=1"))
        case (.resume, _):
            refuse(frame, ClientError(.invalid, "resume is the first frame of a socket that was opened with resume=1"))
        case (.ping(let ping), .open(let stream)):
            answer(PongFrame(s: stream.confirm(ping.s), time: environment.hub.time.now()))
        case (.run(let work), .open(let stream)):
            start(work, for: frame, on: stream)
            return false
        case (.message(let message), .open(let stream)):
            start(message, for: frame, cameAt: cameAt, on: stream)
            return false
        case (.ping, _), (.run, _), (.message, _):
            preconditionFailure("the intake holds frames back until the session is open")
        }
        return true
    }

    /// Runs a use case in a task of its own. Its answer goes into the stream's queue behind the events of its commit, which were
    /// delivered before the task went on.
    private func start(
        _ work: @escaping @Sendable (CommandContext) async throws(HomeError) -> CommandAnswer,
        for frame: ClientFrame, on stream: SessionStream
    ) {
        guard let handle else { return }
        let context = CommandContext(home: environment.home, account: stream.login.account, stream: stream.id)
        task {
            let answer: Result<CommandAnswer, HomeError>
            do throws(HomeError) {
                answer = .success(try await work(context))
            } catch {
                answer = .failure(error)
            }
            handle.session.finish([answer], to: [frame], on: stream)
        }
    }

    /// The same for messages: those that wait behind the first when its task begins, which is after all that one read has brought,
    /// go with it. They share a commit, and their acks a write.
    private func start(
        _ first: MessageCommand, for frame: ClientFrame, cameAt: Duration, on stream: SessionStream
    ) {
        guard let handle else { return }
        let context = CommandContext(home: environment.home, account: stream.login.account, stream: stream.id)
        task {
            let (others, overRate) = handle.session.messagesThatWait()
            let answers = await MessageCommand.send([first] + others.map(\.command), context)
            let session = handle.session
            let now = session.environment.hub.time.monotonic()
            session.noteAcknowledgement(answers[0], after: now - cameAt)
            for (other, answer) in zip(others, answers.dropFirst()) {
                session.noteAcknowledgement(answer, after: now - other.cameAt)
            }
            session.finish(answers, to: [frame] + others.map(\.frame), on: stream, before: overRate)
        }
    }

    /// Only what has an ack to wait for says how long one is waited for.
    private func noteAcknowledgement(_ answer: Result<CommandAnswer, HomeError>, after took: Duration) {
        if case .success(.durable) = answer { environment.metrics.acknowledged(after: took) }
    }

    /// The messages that wait, as far as the rate admits them. The first one beyond that was counted already; what it is
    /// told comes behind the answers of those before it.
    private func messagesThatWait() -> (
        admitted: [(frame: ClientFrame, command: MessageCommand, cameAt: Duration)],
        overRate: (frame: ClientFrame, admission: RateLimits.Admission)?
    ) {
        defer { readOn() }
        var messages: [(frame: ClientFrame, command: MessageCommand, cameAt: Duration)] = []
        let home = environment.home.server
        while let next = intake.take({ MessageCommand.read($0, home: home) }) {
            environment.metrics.received(next.value.command.command)
            let admission = admission(next.value.command.command.rate)
            guard admission == .admitted else { return (messages, (next.value.frame, admission)) }
            messages.append((next.value.frame, next.value.command, next.cameAt))
        }
        return (messages, nil)
    }

    private func finish(
        _ answers: [Result<CommandAnswer, HomeError>], to frames: [ClientFrame], on stream: SessionStream,
        before overRate: (frame: ClientFrame, admission: RateLimits.Admission)? = nil
    ) {
        for (frame, answer) in zip(frames, answers) {
            switch answer {
            case .success(let answer): give(answer, on: stream)
            case .failure(let error): refuse(frame, ClientError(error))
            }
        }
        if let overRate, !isClosing { _ = judge(overRate.admission, overRate.frame) }
        proceed(with: intake.finish())
    }

    private func give(_ answer: CommandAnswer, on stream: SessionStream) {
        guard case .durable(let body) = answer else { return }
        // Without a socket the answer still goes into the ring of the stream that asked, for whoever resumes it. The wake is
        // for another socket then; for this one it is what `proceed` does.
        let wake = (self.stream ?? stream).send(body)
        if let wake, wake.kind == .tooSlow || wake.socket.identity != ObjectIdentifier(self) {
            wake.socket.execute { _ in wake.carryOut() }
        }
    }

    // MARK: Refusals

    /// Counts a command; over the limit it is refused here, far over it the socket is closed.
    func isAdmitted(_ rate: RateClass, _ frame: ClientFrame? = nil) -> Bool {
        judge(admission(rate), frame)
    }

    private func admission(_ rate: RateClass) -> RateLimits.Admission {
        guard let user = counted else { return .admitted }
        return environment.rates.admit(user, rate, at: environment.hub.time.monotonic())
    }

    private func judge(_ admission: RateLimits.Admission, _ frame: ClientFrame?) -> Bool {
        switch admission {
        case .admitted:
            return true
        case .refused(let retryAfter):
            let error = ClientError(.rateLimited, "too many frames of this kind", retryAfter: retryAfter)
            // A ping of RFC 6455 is simply not answered.
            if let frame { refuse(frame, error) }
            return false
        case .abuse:
            close(.rateAbuse)
            return false
        }
    }

    func refuse(_ frame: ClientFrame, _ error: ClientError) {
        environment.metrics.refused(error)
        answer(ErrorFrame(error: error, nonce: frame.nonce, refType: frame.shortType))
    }

    /// A frame that is not even an object with a type; too many in a row close the socket.
    func refuseUndecodable(_ error: ClientError) {
        undecodable += 1
        guard undecodable < Limits.undecodableFrames else { return close(.undecodable) }
        guard isAdmitted(.command) else { return }
        environment.metrics.refused(error)
        answer(ErrorFrame(error: error))
    }
}
