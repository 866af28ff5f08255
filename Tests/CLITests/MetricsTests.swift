import Foundation
import Logging
import Metrics
import Testing
import Wire

@testable import CLI
@testable import Home

@Suite("Metrics")
struct MetricsTests {
    private let registry = MetricsRegistry()

    private func text() -> String { PrometheusText.write(registry.samples()) }

    private func counter(_ label: String, _ dimensions: [(String, String)] = []) -> Counter {
        Counter(label: label, dimensions: dimensions, factory: registry)
    }

    @Test("A counter, a gauge and what they mean")
    func countersAndGauges() {
        counter("commands", [("type", "ping")]).increment(by: 3)
        counter("commands", [("type", "ping")]).increment()
        counter("commands", [("type", "bye")]).increment()
        Gauge(label: "keys_days_left", dimensions: [("kind", "keyset")], factory: registry).record(29.5)
        #expect(
            text() == """
                # HELP home_commands_total Commands of clients on their sockets, by type.
                # TYPE home_commands_total counter
                home_commands_total{type="bye"} 1
                home_commands_total{type="ping"} 4
                # HELP home_keys_days_left Days until the keyset or the online key ends.
                # TYPE home_keys_days_left gauge
                home_keys_days_left{kind="keyset"} 29.5

                """)
    }

    @Test("A meter goes up and down")
    func meters() {
        let meter = Meter(label: "level", factory: registry)
        meter.set(5)
        meter.increment(by: 2.5)
        meter.decrement()
        #expect(text() == "# TYPE home_level gauge\nhome_level 6.5\n")
    }

    @Test("A duration falls into each range that is not below it, and the sum is in seconds")
    func durations() {
        let timer = Metrics.Timer(label: "ack", factory: registry)
        timer.recordNanoseconds(500_000)
        timer.recordNanoseconds(500_001)
        timer.recordNanoseconds(60_000_000_000)
        let lines = text().split(separator: "\n")
        #expect(lines[1] == "# TYPE home_ack_seconds histogram")
        #expect(lines.contains(#"home_ack_seconds_bucket{le="0.0005"} 1"#))
        #expect(lines.contains(#"home_ack_seconds_bucket{le="0.001"} 2"#))
        #expect(lines.contains(#"home_ack_seconds_bucket{le="10"} 2"#))
        #expect(lines.contains(#"home_ack_seconds_bucket{le="+Inf"} 3"#))
        #expect(lines.contains("home_ack_seconds_sum 60.001000001"))
        #expect(lines.last == "home_ack_seconds_count 3")
        #expect(lines.count == 2 + 15 + 2)
    }

    @Test("Amounts have ranges of their own")
    func amounts() {
        let recorder = Recorder(label: "writer_batch_units", aggregate: true, factory: registry)
        recorder.record(3)
        recorder.record(600)
        let lines = text().split(separator: "\n")
        #expect(lines.contains(#"home_writer_batch_units_bucket{le="2"} 0"#))
        #expect(lines.contains(#"home_writer_batch_units_bucket{le="4"} 1"#))
        #expect(lines.contains(#"home_writer_batch_units_bucket{le="+Inf"} 2"#))
        #expect(lines.contains("home_writer_batch_units_sum 603"))
    }

    @Test("What would break a line apart is escaped, what cannot be a name is replaced")
    func hostileText() {
        counter("a.b-c\n", [("l\"x", "a\\b\"c\nd")]).increment()
        #expect(
            text() == """
                # TYPE home_a_b_c__total counter
                home_a_b_c__total{l_x="a\\\\b\\"c\\nd"} 1

                """)
    }

    @Test("Over a thousand series of a family the rest share one")
    func boundedSeries() {
        for number in 0..<(MetricsRegistry.maximumSeries + 50) {
            counter("peer_transactions", [("peer", "p\(number).example")]).increment()
        }
        let lines = text().split(separator: "\n").filter { !$0.hasPrefix("#") }
        #expect(lines.count == MetricsRegistry.maximumSeries + 1)
        #expect(lines.contains(#"home_peer_transactions_total{peer="other"} 50"#))
        #expect(lines.contains(#"home_peer_transactions_total{peer="p999.example"} 1"#))
    }

    @Test("One name cannot be two kinds: the first one is shown")
    func clashingKinds() {
        Gauge(label: "size", factory: registry).record(7)
        Recorder(label: "size", aggregate: true, factory: registry).record(1)
        #expect(text() == "# TYPE home_size gauge\nhome_size 7\n")
    }

    @Test("What is destroyed is not shown any more")
    func destroyed() {
        let gone = counter("commands", [("type", "gone")])
        gone.increment()
        counter("commands", [("type", "stays")]).increment()
        gone.destroy()
        #expect(!text().contains("gone"))
        #expect(text().contains("stays"))
    }

    @Test("Counting from many tasks loses nothing")
    func concurrentCounting() async {
        let timer = Metrics.Timer(label: "ack", factory: registry)
        let counter = counter("commands")
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    for _ in 0..<1000 {
                        counter.increment()
                        timer.recordNanoseconds(1_000_000)
                    }
                }
            }
        }
        let text = text()
        #expect(text.contains("home_commands_total 8000\n"))
        #expect(text.contains("home_ack_seconds_sum 8\n"))
        #expect(text.contains("home_ack_seconds_count 8000\n"))
    }

    @Test("Every family of the table has a name as Prometheus wants it, once")
    func table() {
        #expect(Set(MetricFamily.all.map(\.name)).count == MetricFamily.all.count)
        for family in MetricFamily.all {
            #expect(family.name.hasPrefix("home_") || family.name.hasPrefix("process_"), "\(family.name)")
            #expect((family.kind == .counter) == family.name.hasSuffix("_total"), "\(family.name)")
            #expect(family.help.hasSuffix("."), "\(family.name)")
        }
    }

    @Test(
        "Alerts and documents name only families that there are, and the alerts know all that they ask for",
        arguments: ["ops/alerts/home.rules.yml", "docs/operating.md"])
    func namedElsewhere(file: String) throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: file), encoding: .utf8)
        let families = Set(MetricFamily.all.map(\.name))
        var named = 0
        for match in text.matches(of: /\b(home|process)_[a-z_]+/) {
            let name = String(match.output.0)
            let family =
                ["_bucket", "_sum", "_count"].first {
                    name.hasSuffix($0) && families.contains(String(name.dropLast($0.count)))
                }
                .map { String(name.dropLast($0.count)) } ?? name
            #expect(families.contains(family), "\(file) names \(name)")
            named += 1
        }
        #expect(named > 10)
    }

    @Test("This process has memory, files and a beginning")
    func process() throws {
        let status = try #require(ProcessStatus.read())
        #expect(status.residentBytes > 1_000_000)
        #expect(status.openFiles > 2 && status.openFiles <= status.maximumFiles)
        let now = Double(SystemTime().now().microseconds) / 1e6
        #expect(status.startedAt < now && status.startedAt > now - 7 * 86_400)
    }

    @Test("An age is seconds, and never less than none")
    func ages() {
        let now = Instant(seconds: 1_700_000_000)
        #expect(PeerLanes.Lane.seconds(from: now - .milliseconds(1500), to: now) == 1.5)
        #expect(PeerLanes.Lane.seconds(from: now + .seconds(5), to: now) == 0)
        #expect(PeerLanes.Lane.seconds(from: nil, to: now) == 0)
        #expect(PeerLanes.Lane.seconds(from: now, to: nil) == 0)
    }

    @Test("Lanes: the most waiting first, and what is over the bound is one row with the worst of all")
    func lanes() {
        let ages = [1: 7.0, 2: 90]
        let lanes = (1...5).map { number in
            PeerLanes.Lane(
                peer: "p\(number).example", waiting: Int64(number), oldest: ages[number] ?? 0,
                backoff: Double(60 - number), attempts: 6 - number, isStopped: number == 1)
        }
        let text = PrometheusText.write(PeerLanes(lanes, maximum: 3).samples)
        let lines = text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map(String.init)
        let waiting = lines.filter { $0.hasPrefix("home_peer_waiting_events") }
        #expect(
            waiting == [
                #"home_peer_waiting_events{peer="p5.example"} 5"#, #"home_peer_waiting_events{peer="p4.example"} 4"#,
                #"home_peer_waiting_events{peer="p3.example"} 3"#, #"home_peer_waiting_events{peer="other"} 3"#,
            ])
        #expect(lines.contains(#"home_peer_oldest_seconds{peer="other"} 90"#))
        #expect(lines.contains(#"home_peer_backoff_seconds{peer="other"} 59"#))
        #expect(lines.contains(#"home_peer_failed_attempts{peer="other"} 5"#))
        #expect(lines.contains(#"home_peer_stopped{peer="other"} 1"#))
        #expect(lines.contains(#"home_peer_stopped{peer="p5.example"} 0"#))
    }

    @Test("What has failed does not wait, though the peer has never acknowledged it")
    func failedEvents() throws {
        let link = OutboundLink(
            peer: PeerKey(1), server: try #require(ServerName("blocked.example")), epoch: "E1", acked: 10, last: 50,
            attempts: 0, nextTryAt: nil, firstFailureAt: nil, stopped: nil, waitingEvents: 3, waitingBytes: 300)
        #expect(PeerLanes.Lane(link, oldest: nil, now: Instant(seconds: 1)).waiting == 3)
    }
}
