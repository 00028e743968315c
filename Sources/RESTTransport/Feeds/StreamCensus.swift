import CommandBus
import Synchronization

/// Counts the streams of each reader, so that none can hold more than its share.
final class StreamCensus: Sendable {
    private let counts = Mutex<[RateSubject: Int]>([:])

    /// Nil if `subject` has `limit` streams already.
    func enter(_ subject: RateSubject, limit: Int) -> Seat? {
        let isAdmitted = counts.withLock { counts in
            guard counts[subject, default: 0] < limit else { return false }
            counts[subject, default: 0] += 1
            return true
        }
        return isAdmitted ? Seat(census: self, subject: subject) : nil
    }

    struct Seat: Sendable {
        fileprivate let census: StreamCensus
        fileprivate let subject: RateSubject

        func leave() {
            census.counts.withLock { counts in
                guard let count = counts[subject] else { return }
                counts[subject] = count > 1 ? count - 1 : nil
            }
        }
    }
}
