import CommandBus

/// When a unit that failed is tried again, and when it is given up.
///
/// Pauses grow exponentially and are random from zero on ("full jitter"), so that those that met once don't meet again.
///
/// - SeeAlso: https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/
struct RetrySchedule {
    enum Step: Equatable {
        /// Try again after a pause. Where `alone`, with no other unit of this process beside it.
        case again(pause: Duration, alone: Bool)
        case giveUp
    }

    private let options: MongoOptions
    private let random: any RandomSource
    private let end: ContinuousClock.Instant
    private(set) var attempts = 1
    private var conflicts = 0
    private var duplicateKeys = 0

    /// - Parameter end: when no other try may begin.
    init(_ options: MongoOptions, random: any RandomSource, end: ContinuousClock.Instant) {
        self.options = options
        self.random = random
        self.end = end
    }

    /// What follows on a try that failed.
    mutating func after(_ fault: MongoFault, now: ContinuousClock.Instant) -> Step {
        switch fault {
        case .conflict: conflicts += 1
        case .duplicateKey: duplicateKeys += 1
        case .interrupted: break
        case .unreachable, .unknownCommit, .fatal: return .giveUp
        }
        guard attempts < options.attempts, duplicateKeys < options.duplicateKeyAttempts else { return .giveUp }
        let pause = pause()
        guard now + pause < end else { return .giveUp }
        attempts += 1
        return .again(pause: pause, alone: conflicts >= options.conflictsUntilAlone)
    }

    private func pause() -> Duration {
        var ceiling = options.firstPause
        for _ in 1..<attempts where ceiling < options.longestPause { ceiling *= 2 }
        let microseconds = UInt64(max(1, min(ceiling, options.longestPause) * 1000))
        return .microseconds(Int64(random.number(below: microseconds + 1)))
    }
}
