import DequeModule
import NIOCore

/// Where a command goes: to the connection, into a line while one is being made, or back to its caller.
///
/// A line forms only before the first attempt has ended and while a good connection is made again, which takes a
/// moment. When attempts fail nobody waits: whoever asks can do without, and should know at once.
struct RedisWaitingLine {
    enum Phase {
        case connecting
        case open(RedisLink)
        case down
        case stopped
    }

    enum Way {
        case link(RedisLink)
        /// It waits; `isFirst` if there is nobody before it, so that its time has to be minded.
        case line(isFirst: Bool)
        case back
    }

    private(set) var phase = Phase.connecting
    private var waiting: Deque<RedisRequest> = []

    mutating func enter(_ request: RedisRequest) -> Way {
        switch phase {
        case .open(let link): return .link(link)
        case .down, .stopped: return .back
        case .connecting:
            waiting.append(request)
            return .line(isFirst: waiting.count == 1)
        }
    }

    /// - Returns: who waited for it.
    mutating func opened(_ link: RedisLink) -> [RedisRequest] {
        if case .stopped = phase { return [] }
        phase = .open(link)
        defer { waiting = [] }
        return Array(waiting)
    }

    /// A new connection is to be made. Nothing happens if another has been made since.
    mutating func lost(_ link: RedisLink) {
        if case .open(let current) = phase, current === link { phase = .connecting }
    }

    /// - Returns: who waited in vain.
    mutating func failed() -> [RedisRequest] { end(.down) }

    /// - Returns: who waited in vain.
    mutating func stopped() -> [RedisRequest] { end(.stopped) }

    private mutating func end(_ phase: Phase) -> [RedisRequest] {
        if case .stopped = self.phase { return [] }
        self.phase = phase
        defer { waiting = [] }
        return Array(waiting)
    }

    /// - Returns: whose time is up, and when that of the next will be.
    mutating func expire(now: NIODeadline) -> (expired: [RedisRequest], next: NIODeadline?) {
        var expired: [RedisRequest] = []
        while let first = waiting.first, first.deadline <= now { expired.append(waiting.removeFirst()) }
        return (expired, waiting.first?.deadline)
    }
}
