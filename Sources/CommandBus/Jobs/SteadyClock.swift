/// A clock that only goes forward, for measuring and for waiting: the machine's in a server, a hand-set one in a test.
package protocol SteadyClock: Sendable {
    /// The time since some moment that stays the same as long as the process lives.
    func now() -> Duration

    /// Waits.
    ///
    /// - Throws: `CancellationError` if the task is cancelled before the time is up.
    func sleep(for time: Duration) async throws
}

/// The machine's own. It goes on while the machine sleeps, so that nothing is taken for younger than it is.
package struct SystemSteadyClock: SteadyClock {
    private static let start = ContinuousClock.now

    package init() {}

    package func now() -> Duration { Self.start.duration(to: .now) }

    package func sleep(for time: Duration) async throws {
        try await Task.sleep(for: time, clock: .continuous)
    }
}
