import CommandBus

/// The numbers of the outbox.
package struct OutboxConfiguration: Sendable {
    /// Letters that are taken at once.
    package var batch = 32
    /// Seconds for which a batch belongs to the worker that took it.
    package var lease = 120
    /// Seconds before a letter's second attempt; doubled for each further one.
    package var firstPause = 5
    /// The longest pause, in seconds.
    package var longestPause = 3600
    /// Attempts after which a letter is given up: with these pauses, after more than a day.
    package var attempts = 36
    /// Seconds after which the outbox is looked at even though nothing called for it.
    package var longestIdle = 60

    package init() {}

    /// Seconds until the next attempt: a half to the whole of a pause that doubles each time, so that letters which
    /// failed together don't come again together.
    func pause(after attempts: Int, random: any RandomSource) -> Int {
        let doublings = max(0, min(attempts - 1, 20))
        let full = min(longestPause, firstPause << doublings)
        return max(1, full - Int(random.number(below: UInt64(full / 2 + 1))))
    }
}
