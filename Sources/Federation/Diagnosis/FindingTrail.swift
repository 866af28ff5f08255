/// The findings of one run: hands each on and remembers the worst. Its owner alone uses it, one after another.
package final class FindingTrail {
    package private(set) var level = Finding.Level.ok
    private let report: @Sendable (Finding) -> Void

    package init(report: @escaping @Sendable (Finding) -> Void) {
        self.report = report
    }

    /// Whether it is a failure, which ends the run.
    @discardableResult
    package func add(_ finding: Finding) -> Bool {
        level = max(level, finding.level)
        report(finding)
        return finding.level == .failure
    }
}
