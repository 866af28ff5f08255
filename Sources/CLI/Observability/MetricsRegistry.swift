import Metrics
import Synchronization

/// The backend of swift-metrics: keeps every counter, gauge and histogram of the process until `MetricsListener` asks.
///
/// State: a `Mutex` that is taken when a metric is made and when there is a scrape, never when one is counted. A family has at
/// most `maximumSeries` series; what comes on top shares one whose labels all say `other`.
final class MetricsRegistry: MetricsFactory {
    static let maximumSeries = 1000
    private static let rest = "other"

    private struct Family {
        let kind: MetricFamily.Kind
        var series: [[MetricSamples.Label]: any MetricValue] = [:]
    }

    private let families = Mutex<[String: Family]>([:])

    /// All values of this moment.
    func samples() -> [MetricSamples] {
        families.withLock { $0 }.map { name, family in
            let series = family.series.sorted { one, other in
                one.key.lexicographicallyPrecedes(other.key) { $0.value < $1.value }
            }
            return MetricSamples(
                name: name, kind: family.kind, samples: series.flatMap { $0.value.samples(labels: $0.key) })
        }
    }

    /// The series of this name and these labels; a second request gets the same one. Two kinds under one name is a mistake:
    /// the later one counts, but is not shown.
    private func value<Value: MetricValue>(
        _ name: String, _ kind: MetricFamily.Kind, _ dimensions: [(String, String)], _ make: () -> Value
    ) -> Value {
        families.withLock { families in
            var family = families[name] ?? Family(kind: kind)
            guard family.kind == kind else { return make() }
            var labels = dimensions.map { MetricSamples.Label(name: Self.labelName($0.0), value: $0.1) }
            if family.series[labels] == nil, family.series.count >= Self.maximumSeries {
                labels = labels.map { .init(name: $0.name, value: Self.rest) }
            }
            if let known = family.series[labels] { return known as? Value ?? make() }
            let value = make()
            family.series[labels] = value
            families[name] = family
            return value
        }
    }

    /// As it may stand in a label's place: `MetricFamily.name` without its prefix.
    private static func labelName(_ dimension: String) -> String {
        String(MetricFamily.name(of: dimension).dropFirst("home_".count))
    }

    private func forget(_ handler: AnyObject) {
        families.withLock { families in
            for (name, family) in families {
                for (labels, value) in family.series where value === handler { families[name]?.series[labels] = nil }
            }
        }
    }

    // MARK: MetricsFactory

    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        value(MetricFamily.name(of: label, suffix: "_total"), .counter, dimensions) { CounterValue() }
    }

    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        value(MetricFamily.name(of: label), .gauge, dimensions) { GaugeValue() }
    }

    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
        let name = MetricFamily.name(of: label)
        guard aggregate else { return value(name, .gauge, dimensions) { GaugeValue() } }
        return value(name, .histogram, dimensions) { HistogramValue(bounds: HistogramValue.amounts, scale: 1) }
    }

    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        value(MetricFamily.name(of: label, suffix: "_seconds"), .histogram, dimensions) {
            HistogramValue(bounds: HistogramValue.durations, scale: 1e9)
        }
    }

    func destroyCounter(_ handler: any CounterHandler) { forget(handler) }
    func destroyMeter(_ handler: any MeterHandler) { forget(handler) }
    func destroyRecorder(_ handler: any RecorderHandler) { forget(handler) }
    func destroyTimer(_ handler: any TimerHandler) { forget(handler) }
}
