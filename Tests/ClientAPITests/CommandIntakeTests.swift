import Testing

@testable import ClientAPI

/// One command at a time, in order, with a bound on what waits.
struct CommandIntakeTests {
    /// Frame n came n seconds after the start of the clock.
    private let frame: (UInt8) -> CommandIntake.Frame = { .init(bytes: [$0], cameAt: .seconds(Int64($0))) }

    @Test("nothing runs before the session is ready; then everything in order, one at a time")
    func order() {
        let intake = Mutable(CommandIntake())
        #expect(intake.it.receive(frame(1)) == nil)
        #expect(intake.it.receive(frame(2)) == nil)
        #expect(intake.it.release() == frame(1))
        #expect(intake.it.receive(frame(3)) == nil)
        #expect(intake.it.finish() == frame(2))
        #expect(intake.it.finish() == frame(3))
        #expect(intake.it.finish() == nil)
        #expect(intake.it.receive(frame(4)) == frame(4), "an idle intake does not wait")
    }

    @Test("a session that is held while a command runs goes on only when both are over")
    func holding() {
        let intake = Mutable(CommandIntake())
        _ = intake.it.release()
        #expect(intake.it.receive(frame(1)) == frame(1))
        _ = intake.it.receive(frame(2))
        intake.it.hold()
        #expect(intake.it.finish() == nil)
        #expect(intake.it.release() == frame(2))
        intake.it.hold()
        _ = intake.it.receive(frame(3))
        #expect(intake.it.release() == nil)
        #expect(intake.it.finish() == frame(3))
    }

    @Test("the socket is not read while 16 frames or 64 KiB wait")
    func bounds() {
        let intake = Mutable(CommandIntake())
        for number in 0..<16 {
            #expect(intake.it.wantsMore)
            _ = intake.it.receive(frame(UInt8(number)))
        }
        #expect(!intake.it.wantsMore)
        _ = intake.it.release()
        #expect(intake.it.wantsMore)

        let large = Mutable(CommandIntake())
        _ = large.it.receive(.init(bytes: [UInt8](repeating: 0, count: 65_536), cameAt: .zero))
        #expect(!large.it.wantsMore)
        _ = large.it.release()
        #expect(large.it.wantsMore)
    }

    @Test("what runs takes along what waits behind it, as far as it can use it")
    func taking() {
        let intake = Mutable(CommandIntake())
        let even: ([UInt8]) -> UInt8? = { $0[0].isMultiple(of: 2) ? $0[0] : nil }
        _ = intake.it.receive(frame(2))
        #expect(intake.it.take(even) == nil, "the session is not ready")
        #expect(intake.it.release() == frame(2))
        for number: UInt8 in [4, 6, 7, 8] { _ = intake.it.receive(frame(number)) }
        for number: UInt8 in [4, 6] {
            let taken = intake.it.take(even)
            #expect(taken?.value == number)
            #expect(taken?.cameAt == .seconds(Int64(number)), "it has waited since it came")
        }
        #expect(intake.it.take(even) == nil, "7 is not skipped for 8")
        #expect(intake.it.finish() == frame(7))
        #expect(intake.it.finish() == frame(8))
        #expect(intake.it.finish() == nil)
        #expect(intake.it.take(even) == nil, "nothing runs")
    }

    @Test("a closed session runs nothing more")
    func closed() {
        let intake = Mutable(CommandIntake())
        _ = intake.it.release()
        _ = intake.it.receive(frame(1))
        _ = intake.it.receive(frame(2))
        intake.it.close()
        #expect(intake.it.finish() == nil)
        #expect(intake.it.receive(frame(3)) == nil)
    }
}
