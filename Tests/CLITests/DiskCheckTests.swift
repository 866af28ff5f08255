import Federation
import Testing

@testable import CLI

/// From when on little room is a warning, and from when a failure.
struct DiskCheckTests {
    @Test(
        arguments: [
            (50 << 30, 100 << 30, "ok"), (5 << 30, 100 << 30, "low"), (900 << 20, 4 << 30, "low"),
            (90 << 20, 100 << 20, "full"), (0, 0, "full"),
        ] as [(UInt64, UInt64, String)])
    func `room is judged by bytes and by its share`(free: UInt64, total: UInt64, code: String) {
        #expect(DiskCheck.finding("keys", path: "/k", free: free, total: total).code == code)
    }
}
