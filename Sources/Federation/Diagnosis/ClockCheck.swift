import Wire

/// What a difference of the clocks means for a link; `TestPeer` and `doctor` ask.
package enum ClockCheck {
    /// From here on one side refuses the other's requests (`SignatureProfile.future`).
    private static let failing = SignatureProfile.future
    private static let warned = Duration.seconds(10)

    /// - Parameter difference: How far the peer's clock is ahead of ours.
    /// - Parameter subject: Whose clock it is, as a sentence begins.
    package static func finding(_ difference: Duration, of subject: String = "the peer's clock") -> Finding {
        let seconds = difference.components.seconds
        let size = difference < .zero ? .zero - difference : difference
        let seen = "\(subject) is \(abs(seconds)) s \(difference < .zero ? "behind" : "ahead of") ours"
        let fix = "set the clock that is wrong, and keep it so: timedatectl set-ntp true"
        if size > failing { return .failure("clock", "clock_skew", seen, fix: fix) }
        return size > warned
            ? .warning("clock", "clock_differs", seen, fix: fix)
            : .ok("clock", "\(subject) agrees with ours to \(abs(seconds)) s")
    }
}
