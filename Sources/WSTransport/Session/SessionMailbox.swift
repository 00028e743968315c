import CommandBus
import NIOCore
import Synchronization

/// What the work beside a session has to tell it.
enum SessionNews: Sendable {
    case reply(FrameID, OutgoingMessage, status: Int)
    /// An authentication that succeeded; without an id it is the upgrade's.
    case attached(FrameID?, Attachment)
    case attachRefused(FrameID?, Problem, trace: String)
    case subscribed(FrameID, FeedOpening)
    case notSubscribed(FrameID, Problem, trace: String)
    case ended(SessionEnd)
}

/// A session token that was found good, and the watch that tells its end.
struct Attachment: Sendable {
    let token: String
    let principal: Principal
    let watch: SessionEnds.Watch
}

/// Brings news from any thread to the event loop of a session: one wake-up for however much has come together.
final class SessionMailbox: FeedSink {
    private struct State {
        var news: [SessionNews] = []
        var ready: [UInt64] = []
        var isSignalled = false
        var isShut = false

        mutating func signal() -> Bool {
            guard !isShut, !isSignalled else { return false }
            isSignalled = true
            return true
        }
    }

    private let eventLoop: any EventLoop
    private let wake: @Sendable () -> Void
    private let state = Mutex(State())

    /// - Parameter wake: is called on the event loop when there is something to take.
    init(eventLoop: any EventLoop, wake: @escaping @Sendable () -> Void) {
        self.eventLoop = eventLoop
        self.wake = wake
    }

    /// - Returns: false if the session is over, and nobody will take the news.
    @discardableResult
    func post(_ news: SessionNews) -> Bool {
        let (isOpen, wakes) = state.withLock { state in
            guard !state.isShut else { return (false, false) }
            state.news.append(news)
            return (true, state.signal())
        }
        if wakes { eventLoop.execute(wake) }
        return isOpen
    }

    func feedIsReady(_ subscription: FeedSubscription) {
        let wakes = state.withLock { state in
            guard !state.isShut else { return false }
            state.ready.append(subscription.id)
            return state.signal()
        }
        if wakes { eventLoop.execute(wake) }
    }

    /// Everything that has come since the last time: news, and the subscriptions that have events.
    func take() -> (news: [SessionNews], ready: [UInt64]) {
        state.withLock { state in
            state.isSignalled = false
            defer {
                state.news = []
                state.ready = []
            }
            return (state.news, state.ready)
        }
    }

    /// Takes what is left, and nothing more.
    func shut() -> [SessionNews] {
        state.withLock { state in
            state.isShut = true
            defer {
                state.news = []
                state.ready = []
            }
            return state.news
        }
    }
}
