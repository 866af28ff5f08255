/// The values of one family at the moment of a scrape; made by `MetricsRegistry` and `ServingMetrics`, written by
/// `PrometheusText`.
struct MetricSamples: Sendable {
    struct Sample: Sendable, Equatable {
        /// What stands behind the family's name: nothing, or `_bucket`, `_sum`, `_count`.
        var suffix = ""
        var labels: [Label] = []
        let value: Double
    }

    struct Label: Sendable, Hashable {
        let name: String
        let value: String
    }

    let name: String
    let kind: MetricFamily.Kind
    var samples: [Sample]
}
