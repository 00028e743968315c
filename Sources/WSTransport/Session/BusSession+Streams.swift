import CommandBus
import Foundation

/// The streams of a socket.
extension BusSession {
    private struct Opened: Encodable {
        let stream: Int
        let mode: String
        let at: String
    }

    func subscribed(_ id: FrameID, _ opening: FeedOpening) {
        openings -= 1
        if case .ending(let ending) = stage, ending.isOfSession {
            bus.feeds.unsubscribe(opening.subscription)
            send(.reply(id, .failure(ending.refusal, trace: bus.makeTrace())))
            return settle(id)
        }
        lastStream += 1
        let subscription = opening.subscription
        streams[lastStream] = Stream(subscription: subscription)
        streamNumbers[subscription.id] = lastStream
        ready.append(lastStream)
        let opened = Opened(stream: lastStream, mode: opening.mode.rawValue, at: "\(opening.position)")
        // A struct of texts and numbers always encodes.
        send(.output(id, (try? WireJSON.encode(opened)) ?? Data("{}".utf8)))
        settle(id)
    }

    func notSubscribed(_ id: FrameID, _ problem: Problem, _ trace: String) {
        openings -= 1
        send(.reply(id, .failure(problem, trace: trace)))
        settle(id)
    }

    /// A subscription has something to take. One that is not known yet will be asked when it is.
    func feedIsReady(_ id: UInt64) {
        guard let number = streamNumbers[id], streams[number]?.isReady == false else { return }
        streams[number]?.isReady = true
        ready.append(number)
    }

    func take(_ number: Int) -> [FeedEvent] {
        guard let stream = streams[number] else { return [] }
        streams[number]?.isReady = false
        return stream.subscription.take()
    }

    /// Whoever's session is over is told nothing more of what it had asked for.
    func dropAll() {
        for number in Array(streams.keys) { drop(number) }
        ready.removeAll()
    }

    func drop(_ number: Int) {
        guard let stream = streams.removeValue(forKey: number) else { return }
        streamNumbers[stream.subscription.id] = nil
        bus.feeds.unsubscribe(stream.subscription)
    }
}
