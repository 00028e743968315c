import DequeModule
import Synchronization

/// What a subscriber has to tell its one consumer, in a bounded line.
final class RedisEventQueue: Sendable {
    typealias Event = RedisSubscriber.Event

    private struct State {
        var events: Deque<Event> = []
        var consumer: CheckedContinuation<Event?, Never>?
        var isListening = false
        var hasListened = false
        var isFinished = false
    }

    private let limit: Int
    private let state = Mutex(State())

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    /// All channels are listened to.
    func listening() {
        push { state in
            defer { (state.isListening, state.hasListened) = (true, true) }
            return .listening(isFirst: !state.hasListened)
        }
    }

    /// Nothing is listened to any more.
    func lost() {
        push { state in
            guard state.isListening else { return nil }
            state.isListening = false
            return .lost
        }
    }

    func message(_ channel: [UInt8], _ payload: [UInt8]) {
        push { state in
            // What comes before all channels are listened to is part of what may be missed.
            guard state.isListening else { return nil }
            return .message(channel: String(decoding: channel, as: UTF8.self), payload: payload)
        }
    }

    /// There is nothing more to come; what waits can still be taken.
    func finish() {
        let consumer = state.withLock { state in
            state.isFinished = true
            defer { state.consumer = nil }
            return state.consumer
        }
        consumer?.resume(returning: nil)
    }

    /// Waits for the next event; nil after the last, or when the consumer is cancelled.
    func next() async -> Event? {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let (event, waits) = state.withLock { state -> (Event?, Bool) in
                    if let event = state.events.popFirst() { return (event, false) }
                    // There is one consumer; a second one gets nothing.
                    guard !state.isFinished, state.consumer == nil, !Task.isCancelled else { return (nil, false) }
                    state.consumer = continuation
                    return (nil, true)
                }
                if !waits { continuation.resume(returning: event) }
            }
        } onCancel: {
            finish()
        }
    }

    private func push(_ make: (inout State) -> Event?) {
        let handed = state.withLock { state -> (CheckedContinuation<Event?, Never>, Event)? in
            guard !state.isFinished, let event = make(&state) else { return nil }
            if let consumer = state.consumer {
                state.consumer = nil
                return (consumer, event)
            }
            if state.events.count < limit {
                state.events.append(event)
            } else {
                collapse(&state)
            }
            return nil
        }
        if let (consumer, event) = handed { consumer.resume(returning: event) }
    }

    /// Drops what waits, and says so in place of it.
    private func collapse(_ state: inout State) {
        let first = state.events.first == .listening(isFirst: true) ? state.events.first : nil
        state.events = []
        if let first { state.events.append(first) }
        state.events.append(.lost)
        if state.isListening { state.events.append(.listening(isFirst: false)) }
    }
}
