import NIOCore
import Synchronization

/// The stop of a connection's upkeep: asked for from anywhere, noticed at once.
final class RedisLife: Sendable {
    private struct State {
        var isBegun = false
        var isStopped = false
        var isFinished = false
        /// The newest connection, made or in the making.
        var channel: (any Channel)?
        var sleeper: CheckedContinuation<Void, Never>?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var isStopped: Bool { state.withLock { $0.isStopped } }

    /// - Returns: false if it has begun before.
    func begin() -> Bool {
        state.withLock { state in
            defer { state.isBegun = true }
            return !state.isBegun
        }
    }

    /// - Returns: false if there is to be no connection any more.
    func adopt(_ channel: any Channel) -> Bool {
        state.withLock { state in
            guard !state.isStopped else { return false }
            state.channel = channel
            return true
        }
    }

    func stop() {
        let (channel, sleeper) = state.withLock { state in
            state.isStopped = true
            defer { (state.channel, state.sleeper) = (nil, nil) }
            return (state.channel, state.sleeper)
        }
        channel?.close(promise: nil)
        sleeper?.resume()
    }

    func finish() {
        let waiters = state.withLock { state in
            state.isFinished = true
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// Returns when what was begun is finished.
    func finished() async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard state.isBegun, !state.isFinished else { return false }
                state.waiters.append(continuation)
                return true
            }
            if !waits { continuation.resume() }
        }
    }

    /// Waits for a time, or until it is stopped. There may be one who waits.
    func pause(_ time: Duration, on eventLoop: any EventLoop) async {
        await withCheckedContinuation { continuation in
            let waits = state.withLock { state in
                guard !state.isStopped else { return false }
                state.sleeper = continuation
                return true
            }
            guard waits else { return continuation.resume() }
            eventLoop.scheduleTask(in: TimeAmount(time)) { self.wake() }
        }
    }

    private func wake() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }
}
