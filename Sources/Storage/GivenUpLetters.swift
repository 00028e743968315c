import CommandBus

/// For how long letters that were given up are kept for the operator to see: there are people's addresses on them.
///
/// Whoever takes letters to send them forgets some of those that are too old.
enum GivenUpLetters {
    /// Seconds, from when a letter was queued. It takes a good day until one is given up.
    private static let memory = 30 * 24 * 3600
    /// How many are forgotten at once, at most.
    static let atOnce = 32

    /// When a letter was queued that is not kept any more.
    static func limit(at now: Timestamp) -> Timestamp { now.adding(seconds: -memory) }
}
