import Metrics
import Synchronization

/// What `MetricsRegistry` keeps for one series: its samples at the moment of a scrape.
protocol MetricValue: AnyObject, Sendable {
    func samples(labels: [MetricSamples.Label]) -> [MetricSamples.Sample]
}

/// A number that only grows. State: atomic, so counting costs one instruction on whatever thread.
final class CounterValue: CounterHandler, MetricValue {
    private let value = Atomic<Int64>(0)

    func increment(by amount: Int64) { value.wrappingAdd(amount, ordering: .relaxed) }
    func reset() { value.store(0, ordering: .relaxed) }

    func samples(labels: [MetricSamples.Label]) -> [MetricSamples.Sample] {
        [.init(labels: labels, value: Double(value.load(ordering: .relaxed)))]
    }
}

/// A number as it is now. State: atomic.
final class GaugeValue: RecorderHandler, MeterHandler, MetricValue {
    private let bits = Atomic<UInt64>(Double.zero.bitPattern)

    func record(_ value: Int64) { set(Double(value)) }
    func record(_ value: Double) { set(value) }
    func set(_ value: Int64) { set(Double(value)) }
    func set(_ value: Double) { bits.store(value.bitPattern, ordering: .relaxed) }

    func increment(by amount: Double) {
        var known = bits.load(ordering: .relaxed)
        while true {
            let changed = (Double(bitPattern: known) + amount).bitPattern
            let (isDone, current) = bits.weakCompareExchange(expected: known, desired: changed, ordering: .relaxed)
            guard !isDone else { return }
            known = current
        }
    }

    func decrement(by amount: Double) { increment(by: -amount) }

    func samples(labels: [MetricSamples.Label]) -> [MetricSamples.Sample] {
        [.init(labels: labels, value: Double(bitPattern: bits.load(ordering: .relaxed)))]
    }
}

/// How often a value fell into each of at most 15 ranges, and the sum of all. State: atomics; a scrape in the middle of an
/// observation may miss that one in the sum.
final class HistogramValue: RecorderHandler, TimerHandler, MetricValue {
    /// Half a millisecond to ten seconds, in nanoseconds.
    static let durations: [Int64] = [
        500_000, 1_000_000, 2_500_000, 5_000_000, 10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000,
        500_000_000, 1_000_000_000, 2_500_000_000, 5_000_000_000, 10_000_000_000,
    ]
    /// How many of something.
    static let amounts: [Int64] = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512]

    private let bounds: [Int64]
    /// What a unit of the shown values is in those that are recorded.
    private let scale: Double
    private let counts: InlineArray<16, Atomic<Int>>
    private let sum = Atomic<Int64>(0)

    /// - Parameter bounds: The upper ends of the ranges, rising, at most 15.
    init(bounds: [Int64], scale: Double) {
        self.bounds = bounds
        self.scale = scale
        counts = InlineArray { _ in Atomic(0) }
    }

    func recordNanoseconds(_ duration: Int64) { record(duration) }
    func record(_ value: Double) { record(Int64(value.rounded())) }

    func record(_ value: Int64) {
        counts[bounds.firstIndex { value <= $0 } ?? bounds.count].wrappingAdd(1, ordering: .relaxed)
        sum.wrappingAdd(value, ordering: .relaxed)
    }

    func samples(labels: [MetricSamples.Label]) -> [MetricSamples.Sample] {
        var samples: [MetricSamples.Sample] = []
        var count = 0
        for (index, bound) in (bounds.map { Double($0) / scale } + [.infinity]).enumerated() {
            count += counts[index].load(ordering: .relaxed)
            let end = MetricSamples.Label(name: "le", value: PrometheusText.number(bound))
            samples.append(.init(suffix: "_bucket", labels: labels + [end], value: Double(count)))
        }
        let total = Double(sum.load(ordering: .relaxed)) / scale
        return samples + [
            .init(suffix: "_sum", labels: labels, value: total),
            .init(suffix: "_count", labels: labels, value: Double(count)),
        ]
    }
}
