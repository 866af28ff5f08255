import Hummingbird
import Logging
import NIOCore
import Wire

/// What the listener knows of a request besides its bytes: the connection that it came on.
struct FederationContext: InitializableFromSource, Sendable {
    let channel: any Channel
    /// Its name in the log.
    let requestID: String

    init(source: ApplicationRequestContextSource) {
        channel = source.channel
        requestID = source.logger[metadataKey: "hb.request.id"]?.description ?? ""
    }

    /// Whom the address' bucket counts; nil for a connection without an IP address.
    ///
    /// A listener on all addresses sees IPv4 clients as IPv4-mapped ones: those are told apart by their IPv4 address.
    var customer: IPAddress? {
        guard let text = channel.remoteAddress?.ipAddress, let address = IPAddress(text) else { return nil }
        return (address.mapped ?? address).customer
    }

    /// Closes the connection a moment after the answer to a request whose body nobody will read.
    ///
    /// Not at once: the reset that answers the rest of such a body would take the answer with it.
    func closeSoon() {
        channel.eventLoop.scheduleTask(in: TimeAmount(Limits.federationLinger)) { [channel] in
            channel.close(promise: nil)
        }
    }
}
