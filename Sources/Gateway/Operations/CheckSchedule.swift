import Synchronization

/// When the next check is due: first soon after the start, then over and over, sooner after one that could not be made,
/// and at once when somebody asks.
struct CheckSchedule: Sendable {
    /// Between two checks.
    let interval: Duration
    /// Before the first check, and after one that could not be made.
    let soon: Duration
    private var due: Duration

    /// - Parameters:
    ///   - interval: between two checks; more than zero.
    ///   - start: the present, on a clock that only goes forward.
    init(interval: Duration, start: Duration) {
        self.interval = interval
        soon = min(interval, .seconds(60))
        due = start + soon
    }

    func isDue(at now: Duration) -> Bool { now >= due }

    /// A check begins: should it never end, the next one comes in its turn.
    mutating func begin(at now: Duration) { due = now + interval }

    mutating func fail(at now: Duration) { due = now + soon }

    mutating func callNow(at now: Duration) { due = now }
}
