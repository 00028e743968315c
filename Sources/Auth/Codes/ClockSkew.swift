import CommandBus

/// How far the clocks of two instances may be apart. What was begun further in the future than that was begun before the
/// clock was set back, and nobody can tell how old it is.
enum ClockSkew {
    /// Seconds.
    static let allowed = 60
}

extension Timestamp {
    /// Whether no clock that is right, give or take the allowed skew, shows this instant yet.
    func isFuture(at now: Timestamp) -> Bool {
        self > now.adding(seconds: ClockSkew.allowed)
    }

    /// Whether something that ends at this instant, and lasts so long, is good now: neither over, nor begun before the clock
    /// was set back, which would make it last longer than it may.
    func isEnd(of lifetime: Int, ahead now: Timestamp) -> Bool {
        now < self && !adding(seconds: -lifetime).isFuture(at: now)
    }
}
