import Synchronization

/// Has a server that is alone read its store anew after units of work whose outcome is not known: what they would have
/// told was told to nobody. Where there are others, the relay does it for all.
package final class DoubtDesk: Sendable {
    private struct State {
        var schedule: DoubtSchedule
        var isAtWork = false
    }

    private let clock: any SteadyClock
    private let readAnew: @Sendable () async throws -> Void
    private let state: Mutex<State>

    /// - Parameters:
    ///   - limits: every number.
    ///   - clock: measures how long to wait.
    ///   - readAnew: reads what is shown, who is signed in and what is shut; a failure is a doubt of its own.
    package init(
        limits: DoubtSchedule.Limits = .init(), clock: any SteadyClock = SystemSteadyClock(),
        readAnew: @escaping @Sendable () async throws -> Void
    ) {
        self.clock = clock
        self.readAnew = readAnew
        state = Mutex(State(schedule: DoubtSchedule(limits)))
    }

    /// A unit of work may have been done or not. Returns at once.
    package func raise() {
        let now = clock.now()
        let begins = state.withLock { state in
            state.schedule.raise(now: now)
            defer { state.isAtWork = true }
            return !state.isAtWork
        }
        guard begins else { return }
        let clock = clock
        // It ends with the desk: nobody is left then to be shown anything.
        Task { [weak self] in
            while let pause = self?.pause() {
                if pause > .zero { try? await clock.sleep(for: pause) }
                await self?.readIfDue()
            }
        }
    }

    /// - Returns: nil if there is no doubt left; the work is over then.
    private func pause() -> Duration? {
        let now = clock.now()
        return state.withLock { state in
            guard let due = state.schedule.due else {
                state.isAtWork = false
                return nil
            }
            return due - now
        }
    }

    private func readIfDue() async {
        let now = clock.now()
        guard state.withLock({ $0.schedule.take(now: now) }) else { return }
        do {
            try await readAnew()
        } catch {
            let now = clock.now()
            state.withLock { $0.schedule.raise(now: now) }
        }
    }
}
