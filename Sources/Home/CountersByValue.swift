import Metrics
import Synchronization

/// A counter for each combination of values that its dimensions take, made when it is first counted: codes, routes, outcomes.
/// For what is told apart only by constants of our own; a counter on the message path stands in a property of its own.
///
/// State: a `Mutex`. At most `maximumValues` combinations are kept; what comes on top is made anew each time, and bounded by the
/// backend.
package final class CountersByValue: Sendable {
    private static let maximumValues = 1000

    private let label: String
    private let dimensions: [String]
    private let counters = Mutex<[[String]: Counter]>([:])

    package init(_ label: String, by dimensions: String...) {
        self.label = label
        self.dimensions = dimensions
    }

    /// - Parameter values: In the order of the dimensions.
    package func increment(_ values: String...) {
        let counter = counters.withLock { counters in
            if let known = counters[values] { return known }
            let counter = Counter(label: label, dimensions: Array(zip(dimensions, values)))
            if counters.count < Self.maximumValues { counters[values] = counter }
            return counter
        }
        counter.increment()
    }
}
