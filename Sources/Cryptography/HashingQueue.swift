/// Who may have a password hashed next, and who is turned away.
///
/// The line is fair by source: sources are served in turn, first come first served within one, so that a source with a
/// hundred waiting costs one with a single one no more than one place. When the line is full, the newest of the source that
/// has most waiting makes room for a source that has fewer; where nobody has, the newcomer is turned away.
///
/// A value, and no clock: whoever has the threads asks it what to do.
struct HashingQueue<Job> {
    /// What becomes of a job that was handed in.
    enum Admission {
        case waits
        /// It waits in the place of another, which is to be turned away.
        case replaces(Job)
        /// The line is full.
        case turnedAway
    }

    private struct Waiting {
        let job: Job
        /// The order in which jobs came.
        let number: UInt64
    }

    private let threads: Int
    private let places: Int
    private var lines: [String: [Waiting]] = [:]
    /// The sources that have somebody waiting, the one whose turn is next first.
    private var turns: [String] = []
    private var arrivals: UInt64 = 0
    private var busy = 0
    /// Seconds that a hash takes, on average over the last ones.
    private var seconds = 0.05

    /// How many wait.
    private(set) var count = 0

    /// - Parameters:
    ///   - threads: how many jobs are done at once.
    ///   - waiting: how many more may wait.
    init(threads: Int, waiting: Int) {
        self.threads = threads
        places = waiting
    }

    /// Hands in a job.
    ///
    /// - Parameter source: whose it is.
    mutating func append(_ job: Job, of source: String) -> Admission {
        // An idle thread that has not yet woken is a place too.
        guard count >= places + threads - busy else {
            enter(job, of: source)
            return .waits
        }
        let own = lines[source]?.count ?? 0
        // A source that would have as many itself thereafter has no better right to the place.
        guard let greediest = longestLine(), lines[greediest].map(\.count) ?? 0 > own + 1 else { return .turnedAway }
        let out = removeNewest(of: greediest)
        enter(job, of: source)
        return out.map { .replaces($0) } ?? .waits
    }

    /// The job that a thread is to do now; nil if nobody waits. The thread says when it is done.
    mutating func next() -> Job? {
        guard let source = turns.first, var line = lines[source], !line.isEmpty else { return nil }
        turns.removeFirst()
        let first = line.removeFirst()
        count -= 1
        lines[source] = line.isEmpty ? nil : line
        if !line.isEmpty { turns.append(source) }
        busy += 1
        return first.job
    }

    /// A thread has done its job.
    ///
    /// - Parameter taken: the seconds that it took.
    mutating func finished(after taken: Double) {
        busy -= 1
        seconds += (taken - seconds) / 16
    }

    /// Seconds after which those who wait now have probably been served; at least 1.
    var secondsToClear: Int {
        max(1, Int((Double(count + busy) * seconds / Double(threads)).rounded(.up)))
    }

    private mutating func enter(_ job: Job, of source: String) {
        arrivals += 1
        if lines[source] == nil { turns.append(source) }
        lines[source, default: []].append(Waiting(job: job, number: arrivals))
        count += 1
    }

    /// The source with most waiting; of those that have as many, the one whose newest came last.
    private func longestLine() -> String? {
        lines.max { ($0.value.count, $0.value.last?.number ?? 0) < ($1.value.count, $1.value.last?.number ?? 0) }?.key
    }

    private mutating func removeNewest(of source: String) -> Job? {
        guard let newest = lines[source]?.popLast() else { return nil }
        count -= 1
        if lines[source]?.isEmpty == true {
            lines[source] = nil
            turns.removeAll { $0 == source }
        }
        return newest.job
    }
}
