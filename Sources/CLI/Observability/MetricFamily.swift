/// One line of the table of metrics: what a scrape says of a name beside its values. Metrics that are not in the table are
/// shown too, without an explanation.
struct MetricFamily: Sendable {
    enum Kind: String, Sendable {
        case counter, gauge, histogram
    }

    /// As Prometheus sees it.
    let name: String
    let kind: Kind
    let help: String

    init(_ name: String, _ kind: Kind, _ help: String) {
        self.name = name
        self.kind = kind
        self.help = help
    }

    /// The name under which a metric of the program is shown: ours begin with `home_`, a counter ends with `_total` and a
    /// duration with its unit, as Prometheus wants it. What stands in no name there becomes `_`.
    static func name(of label: String, suffix: String = "") -> String {
        let known = label.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                byte
            default: UInt8(ascii: "_")
            }
        }
        return "home_" + String(decoding: known, as: UTF8.self) + suffix
    }

    static func named(_ name: String) -> MetricFamily? { byName[name] }

    private static let byName = Dictionary(uniqueKeysWithValues: all.map { ($0.name, $0) })

    static let all: [MetricFamily] = sessions + writing + links + process

    private static let sessions = [
        MetricFamily("home_sockets", .gauge, "WebSockets that are open, signed in or not."),
        MetricFamily("home_streams", .gauge, "Session streams, with a socket or waiting to be resumed."),
        MetricFamily("home_resume_bytes", .gauge, "Bytes that all streams together keep for resume."),
        MetricFamily(
            "home_slow_consumers_total", .counter, "Sockets that were closed because their clients did not read."),
        MetricFamily("home_socket_closes_total", .counter, "WebSockets that this side closed, by close code."),
        MetricFamily("home_commands_total", .counter, "Commands of clients on their sockets, by type."),
        MetricFamily(
            "home_command_refusals_total", .counter, "Commands that were answered with an error, by its code."),
        MetricFamily(
            "home_ack_seconds", .histogram, "From the arrival of a message to its acknowledgement, after COMMIT."),
        MetricFamily("home_http_requests_total", .counter, "HTTP requests of clients, by route, method and status."),
        MetricFamily(
            "home_http_request_seconds", .histogram, "From the head of a client's HTTP request to its answer."),
        MetricFamily("home_password_attempts_total", .counter, "Passwords that were tried: right, wrong or limited."),
    ]

    private static let writing = [
        MetricFamily("home_ready", .gauge, "Whether requests can be served: the database answers."),
        MetricFamily("home_writer_waiting", .gauge, "Writes that wait for the Writer's next batch."),
        MetricFamily("home_writer_batch_units", .histogram, "Writes in one batch of the Writer."),
        MetricFamily(
            "home_writer_batch_seconds", .histogram, "One batch of the Writer, with its COMMIT and any retries."),
        MetricFamily("home_writer_wait_seconds", .histogram, "How long the oldest write of a batch waited for it."),
        MetricFamily("home_writer_rejected_total", .counter, "Writes that the database rejected by themselves."),
        MetricFamily("home_database_waiters", .gauge, "Queries that wait for a connection, by application name."),
        MetricFamily("home_database_in_flight", .gauge, "Round trips that are under way, by application name."),
        MetricFamily("home_database_reconnects_total", .counter, "Connections that were lost, by application name."),
        MetricFamily("home_database_statements_total", .counter, "Statements that were sent, by application name."),
        MetricFamily(
            "home_database_round_trip_seconds", .histogram, "One round trip to PostgreSQL, by application name."),
    ]

    private static let links = [
        MetricFamily(
            "home_federation_requests_total", .counter, "Requests of other homeservers, by the code of the answer."),
        MetricFamily(
            "home_federation_calls_total", .counter, "Requests that were carried to peers for users, by outcome."),
        MetricFamily("home_peer_waiting_events", .gauge, "Events that wait for a peer: not acknowledged, not failed."),
        MetricFamily("home_peer_oldest_seconds", .gauge, "Age of the oldest event that waits for a peer; else 0."),
        MetricFamily(
            "home_peer_backoff_seconds", .gauge, "Until a peer that could not be reached is tried again; else 0."),
        MetricFamily("home_peer_failed_attempts", .gauge, "Failed tries in a row to reach a peer."),
        MetricFamily("home_peer_stopped", .gauge, "1 where the lane to a peer stands still until an operator acts."),
        MetricFamily("home_peer_transactions_total", .counter, "Requests with events that a peer has answered."),
        MetricFamily("home_peer_acknowledged_events_total", .counter, "Events that a peer has acknowledged."),
        MetricFamily("home_peer_rejected_events_total", .counter, "Events that a peer has rejected, by code."),
        MetricFamily("home_peer_failures_total", .counter, "Requests to a peer that failed, by what failed."),
        MetricFamily(
            "home_federation_new_epochs_total", .counter,
            "Lanes to peers that began anew, because a database was rolled back or rows were missing."),
        MetricFamily(
            "home_federation_ephemeral_items_sent_total", .counter, "Presence of single users that peers were told."),
        MetricFamily("home_keys_days_left", .gauge, "Days until the keyset or the online key ends."),
        MetricFamily(
            "home_certificate_days_left", .gauge, "Days until what ends first of a listener's certificates ends."),
    ]

    /// What every program that Prometheus knows says of its process, so under its own names.
    private static let process = [
        MetricFamily("process_resident_memory_bytes", .gauge, "Memory that the process holds."),
        MetricFamily("process_cpu_seconds_total", .counter, "Processor time that the process has used."),
        MetricFamily("process_open_fds", .gauge, "Open file descriptors."),
        MetricFamily("process_max_fds", .gauge, "How many file descriptors the process may open."),
        MetricFamily("process_start_time_seconds", .gauge, "When the process began, as seconds since 1970."),
    ]
}
