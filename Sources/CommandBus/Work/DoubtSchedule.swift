/// When the store is read anew after units of work whose outcome is not known. Without a clock.
///
/// Not at once: the commit may be under way still. Each further doubt puts the reading off, so that a row of them costs
/// one, but not for ever. A second reading follows for a commit that an election of the store's has held up.
package struct DoubtSchedule: Sendable {
    package struct Limits: Sendable {
        /// From a doubt to the reading: more than a commit waits for its majority.
        package var settling: Duration = .seconds(6)
        /// From the first doubt of a row to the reading, however many follow.
        package var longest: Duration = .seconds(15)
        /// From the last doubt to the second reading: more than an election takes.
        package var late: Duration = .seconds(25)

        package init() {}
    }

    private let limits: Limits
    private var row: (first: Duration, last: Duration)?
    private var late: Duration?

    package init(_ limits: Limits = Limits()) {
        self.limits = limits
    }

    /// When the next reading is due; nil if there is no doubt.
    package var due: Duration? {
        let next = row.map { min($0.last + limits.settling, $0.first + limits.longest) }
        guard let next, let late else { return next ?? late }
        return min(next, late)
    }

    /// A unit of work has ended, and nobody knows whether it was done.
    ///
    /// - Parameter now: the steady time.
    package mutating func raise(now: Duration) {
        row = (row?.first ?? now, now)
        late = now + limits.late
    }

    /// - Returns: whether the store is to be read anew now.
    package mutating func take(now: Duration) -> Bool {
        guard let due, due <= now else { return false }
        row = nil
        if let late, late <= now { self.late = nil }
        return true
    }
}
