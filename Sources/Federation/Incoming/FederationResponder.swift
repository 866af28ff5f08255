import HTTPTypes
import Home
import Hummingbird
import Logging
import NIOCore
import Wire

/// Answers every request of the federation listener: finds the route, has it verified, runs it, signs the answer.
struct FederationResponder: HTTPResponder {
    let verify: VerifyRequest
    let actions: PeerActions
    let keys: OwnKeys
    let takeKeys: TakePushedKeys
    let delegation: Delegation
    let time: any TimeSource
    private let logger = Logger(label: "federation.incoming")
    private let answers = CountersByValue("federation_requests", by: "code")

    init(
        verify: VerifyRequest, actions: PeerActions, keys: OwnKeys, takeKeys: TakePushedKeys, delegation: Delegation,
        time: any TimeSource
    ) {
        self.verify = verify
        self.actions = actions
        self.keys = keys
        self.takeKeys = takeKeys
        self.delegation = delegation
        self.time = time
    }

    /// The id is no part of what is signed: it helps two operators who compare their logs, and proves nothing.
    @Sendable func respond(to request: Request, context: FederationContext) async -> Response {
        var response = await LogOrigin.$current.withValue(.request(context.requestID)) {
            await answer(to: request, context)
        }
        response.headers[.requestID] = context.requestID
        return response
    }

    private func answer(to request: Request, _ context: FederationContext) async -> Response {
        let path = request.head.path?.split(separator: "?", maxSplits: 1).first.map { String($0) } ?? ""
        let route = FederationRoute(method: request.method.rawValue, path: path)
        switch route {
        case .keys?: return open(context) { keys.document(at: time.now()) }
        case .wellKnown?: return open(context) { delegation.body }
        case .pushedKeys?: return await pushedKeys(request, context)
        case .transaction?, .hello?, .echo?, .ephemeral?, .rosters?, .calls?, .statuses?:
            guard let route else { preconditionFailure("it has just been matched") }
            return await signed(request, route, context)
        case nil: return refused(.notFound, context)
        }
    }

    // MARK: Documents for everybody

    private func open(_ context: FederationContext, _ document: () -> [UInt8]) -> Response {
        if let delay = verify.admitStranger(from: context.customer) {
            return refused(.rateLimited(retryAfter: delay), context)
        }
        return response(status: 200, body: document(), headers: [("content-type", SignatureProfile.contentType)])
    }

    // MARK: Keys that prove themselves

    private func pushedKeys(_ request: Request, _ context: FederationContext) async -> Response {
        do throws(FederationError) {
            let length = try VerifyRequest.declaredLength(of: request.head, most: KeysDocument.maximumBytes)
            if let delay = verify.admitStranger(from: context.customer) { throw .rateLimited(retryAfter: delay) }
            let body = try await VerifyRequest.read(request.body, length: length, on: context.channel)
            try await takeKeys.run(body)
            answers.increment("ok")
            return Response(status: .noContent)
        } catch {
            return refused(error, context)
        }
    }

    // MARK: Requests of peers

    private func signed(_ request: Request, _ route: FederationRoute, _ context: FederationContext) async -> Response {
        let admitted: AdmittedRequest
        do throws(FederationError) {
            admitted = try await verify.admit(request.head, from: context.customer)
        } catch {
            // That we have blocked a homeserver ends memberships there: it has to be ours to say, whatever is believed of the request.
            guard error == .blocked, let signature = verify.signature(of: request.head) else {
                return refused(error, context)
            }
            count(error)
            context.closeSoon()
            var response = signed(
                status: error.status, body: JSONWriter.bytes(of: error), for: signature, retryAfter: error.retryAfter)
            response.headers[.connection] = "close"
            return response
        }
        do throws(FederationError) {
            let body = try await verify.body(of: admitted, request.body, on: context.channel)
            let answer = try await actions.run(route, body: body, from: admitted.origin)
            answers.increment("ok")
            return signed(status: 200, body: answer, for: admitted.signature, retryAfter: nil)
        } catch {
            count(error)
            return signed(
                status: error.status, body: JSONWriter.bytes(of: error), for: admitted.signature,
                retryAfter: error.retryAfter)
        }
    }

    private func signed(
        status: Int, body: [UInt8], for request: RequestSignature, retryAfter: Duration?
    ) -> Response {
        let signature = ResponseSignature(
            status: status, body: body, requestSignature: request.signature, created: time.now(),
            key: keys.signingKey)
        return response(status: status, body: body, headers: signature.headers, retryAfter: retryAfter)
    }

    // MARK: Answers

    /// The answer to a request that is not believed: unsigned, and the last one on its connection, because its body is
    /// not read.
    private func refused(_ error: FederationError, _ context: FederationContext) -> Response {
        count(error)
        context.closeSoon()
        return response(
            status: error.status, body: JSONWriter.bytes(of: error),
            headers: [("content-type", SignatureProfile.contentType), ("connection", "close")],
            retryAfter: error.retryAfter)
    }

    private func response(
        status: Int, body: [UInt8], headers: [(name: String, value: String)], retryAfter: Duration? = nil
    ) -> Response {
        var fields = HTTPFields()
        for header in headers {
            guard let name = HTTPField.Name(header.name) else {
                preconditionFailure("our own headers have valid names")
            }
            fields.append(HTTPField(name: name, value: header.value))
        }
        if let retryAfter { fields[.retryAfter] = String(retryAfter.components.seconds) }
        return Response(
            status: .init(code: status), headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }

    private func count(_ error: FederationError) {
        answers.increment(error.code)
        logger.debug("refused a request", metadata: ["code": "\(error.code)"])
    }
}

extension HTTPField.Name {
    fileprivate static let requestID: HTTPField.Name = {
        guard let name = HTTPField.Name("X-Request-ID") else { preconditionFailure("a valid field name") }
        return name
    }()
}
