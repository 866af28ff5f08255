import Wire

/// Fetches a peer's keys document for the key ring, on a connection of its own: a stranger leaves nothing behind.
struct KeysDownload: Sendable {
    let discovery: Discovery
    let dialer: Dialer
    let time: any TimeSource

    /// The bytes of `GET /federation/v1/keys`; nothing about them is proven.
    func callAsFunction(_ name: ServerName) async throws(PeerFailure) -> [UInt8] {
        let connection = PeerConnection(to: name, discovery: discovery, dialer: dialer, time: time)
        let answer: PeerConnection.Answer
        do throws(PeerFailure) {
            answer = try await connection.send("GET", FederationRoute.keysPath, headers: [], body: [])
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        guard answer.status == 200 else { throw .status(answer.status, retryAfter: answer.retryAfter) }
        return answer.body
    }
}
