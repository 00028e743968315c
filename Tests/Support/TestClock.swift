package import CommandBus
import Synchronization

/// A clock that stands still until it is set.
package final class TestClock: WallClock {
    private let time: Mutex<Timestamp>

    /// - Parameter start: the first instant; a Tuesday in November 2026, at noon in India, unless told otherwise.
    package init(_ start: Timestamp = Timestamp(milliseconds: 1_795_501_800_000, offsetMinutes: 330)) {
        time = Mutex(start)
    }

    package func now() -> Timestamp { time.withLock { $0 } }

    package func set(_ new: Timestamp) {
        time.withLock { $0 = new }
    }

    package func advance(seconds: Int) {
        time.withLock { $0 = $0.adding(seconds: seconds) }
    }

    package func advance(milliseconds: Int64) {
        time.withLock { $0 = $0.adding(milliseconds: milliseconds) }
    }
}
