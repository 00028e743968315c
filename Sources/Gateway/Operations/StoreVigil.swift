import CommandBus

/// What the answers of the store, and its silence, mean. It has no clock: each answer comes with its time.
struct StoreVigil: Sendable {
    /// What was found out.
    enum Finding: Equatable, Sendable {
        /// The cause is there, and has been for a time.
        case found(ClosureCause, lasting: Duration)
        case gone(ClosureCause)
    }

    /// A time without an answer.
    private struct Silence {
        var since: Duration?

        /// - Returns: how long it has lasted; nil if there is none.
        mutating func go(on outcome: StoreProbe<some Sendable>.Outcome, askedAt: Duration, now: Duration) -> Duration? {
            switch outcome {
            case .answered: since = nil
            // Too much work neither begins a silence nor ends one.
            case .busy: break
            case .failed: since = since ?? askedAt
            }
            return since.map { now - $0 }
        }
    }

    private let grace: Duration
    private var reading = Silence()
    private var writing = Silence()

    /// - Parameter grace: how long a silence may last before something is shut because of it.
    init(grace: Duration) {
        self.grace = grace
    }

    /// - Parameters:
    ///   - outcome: what came of a read: whether the schema is this server's.
    ///   - askedAt: when it was asked, on a clock that only goes forward.
    ///   - now: the present on the same clock.
    mutating func sawRead(_ outcome: StoreProbe<Bool>.Outcome, askedAt: Duration, now: Duration) -> [Finding] {
        if let silence = reading.go(on: outcome, askedAt: askedAt, now: now) {
            return silence >= grace ? [.found(.storeUnreachable, lasting: silence)] : []
        }
        guard case .answered(let isOurs) = outcome else { return [] }
        return [.gone(.storeUnreachable), isOurs ? .gone(.foreignSchema) : .found(.foreignSchema, lasting: .zero)]
    }

    /// - Parameter outcome: what came of a write.
    mutating func sawWrite(_ outcome: StoreProbe<Void>.Outcome, askedAt: Duration, now: Duration) -> [Finding] {
        if let silence = writing.go(on: outcome, askedAt: askedAt, now: now) {
            // A store that can't be read can't be written to either: that is one outage, not two.
            guard reading.since == nil, silence >= grace else { return [] }
            return [.found(.storeNotWritable, lasting: silence)]
        }
        guard case .answered = outcome else { return [] }
        return [.gone(.storeNotWritable)]
    }
}
