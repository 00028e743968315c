import CommandBus
import DequeModule
import Foundation
import Logging
import NIOCore

/// One client's socket: its session, its commands at work and its streams. It lives on the event loop; what takes time
/// is done by a ``SessionWorker``.
final class BusSession: SocketSession {
    enum Stage {
        case serving
        case ending(SessionEnding)
        case closed
    }

    struct Stream {
        let subscription: FeedSubscription
        var isReady = true
    }

    let transport: SocketTransport
    let request: SocketRequest
    let connection: String
    private let mailbox: SessionMailbox
    private let jobs: AsyncStream<[SessionJob]>.Continuation
    private let release: () -> Void
    weak var link: (any SocketLink)?

    var stage = Stage.serving
    var attachment: Attachment?
    /// The end of a session that may be the one whose attachment is on its way.
    var unclaimedEnd: SessionEnd?
    private var isCounted = false
    /// The ids of what is at work.
    var live: Set<FrameID> = []
    private var batch: [SessionJob] = []
    private var refusals = TenSecondCount()
    var begun = TenSecondCount()

    var streams: [Int: Stream] = [:]
    var streamNumbers: [UInt64: Int] = [:]
    var lastStream = 0
    var openings = 0
    /// The streams that have something to take.
    var ready: Deque<Int> = []

    private var replies: Deque<OutgoingMessage> = []
    private var replyBytes = 0
    private var events: Deque<(stream: Int, event: FeedEvent)> = []

    init(
        _ transport: SocketTransport, _ request: SocketRequest, mailbox: SessionMailbox,
        jobs: AsyncStream<[SessionJob]>.Continuation, release: @escaping () -> Void
    ) {
        self.transport = transport
        self.request = request
        self.mailbox = mailbox
        self.jobs = jobs
        self.release = release
        connection = Identifier<ConnectionKind>.make(at: transport.clock.now(), random: transport.random).raw
    }

    var bus: CommandBus { transport.bus }
    var configuration: SocketConfiguration { transport.configuration }

    // MARK: From the channel

    func opened(_ link: any SocketLink) {
        self.link = link
        guard OriginRule.admits(request, configuration) else { return link.close(.refused, "this origin is not allowed") }
        let refusal = transport.census.enter(request.address)
        isCounted = true
        switch refusal {
        case .serverIsFull: return link.close(.overload, "the server has all the sockets that it can serve")
        case .addressIsFull: return link.close(.tooManyConnections, "too many connections of this address")
        case nil: break
        }
        transport.logger.debug("a socket opened", metadata: ["conn": "\(connection)"])
        send(.hello(connection: connection, epoch: bus.feeds.epoch, configuration))
        let age = configuration.maxAge
        link.set(.age, in: age * 0.8 + .milliseconds(transport.jitter(age * 0.4)))
        beginAttaching(with: request.authorization)
    }

    func received(_ message: SocketMessage) {
        guard case .text(let data) = message else {
            return refuse(nil, Problem(.malformedFrame, "A frame is a text, one JSON object; this one was binary."))
        }
        do throws(ClientFrame.Refusal) {
            try admit(ClientFrame(data))
        } catch {
            refuse(error.id, error.problem)
        }
    }

    func receivedAll() {
        guard !batch.isEmpty else { return }
        jobs.yield(batch)
        batch.removeAll(keepingCapacity: true)
    }

    func rang(_ alarm: SocketAlarm) {
        switch alarm {
        case .age: end(.age(retry: transport.jitter(.seconds(2))))
        case .attach: attachRang()
        case .expiryNotice: noticeExpiry()
        case .expiry: expiryRang()
        case .finish: complete()
        case .heartbeat, .silence, .slowReader, .close: break
        }
    }

    func shouldQuiesce() {
        end(.drain(retry: 500 + transport.jitter(configuration.drainSpread)))
    }

    func closed() {
        if case .closed = stage { return }
        stage = .closed
        transport.logger.debug("a socket closed", metadata: ["conn": "\(connection)"])
        jobs.finish()
        for news in mailbox.shut() {
            switch news {
            case .attached(_, let late): late.watch.cancel()
            case .subscribed(_, let late): bus.feeds.unsubscribe(late.subscription)
            case .reply, .attachRefused, .notSubscribed, .ended: break
            }
        }
        for stream in streams.values { bus.feeds.unsubscribe(stream.subscription) }
        streams = [:]
        if let attachment {
            attachment.watch.cancel()
            transport.census.leave(attachment.principal.account)
        }
        if isCounted { transport.census.leave(request.address) }
        link = nil
        release()
    }

    // MARK: From the work

    /// Takes what has come from other threads.
    func collect() {
        let (news, ready) = mailbox.take()
        if case .closed = stage { return }
        for item in news { heard(item) }
        for id in ready { feedIsReady(id) }
        link?.turn()
        // What is still here after a turn waits for the client to read.
        if replies.count > configuration.maxWaitingReplies || replyBytes > configuration.maxWaitingReplyBytes {
            link?.close(.slowReader, "too many replies wait to be read")
        }
    }

    private func heard(_ news: SessionNews) {
        switch news {
        case .reply(let id, let reply, let status):
            if status == 429 { countRefusal() }
            send(reply)
            settle(id)
        case .attached(let id, let attachment): attached(id, attachment)
        case .attachRefused(let id, let problem, let trace): attachRefused(id, problem, trace)
        case .subscribed(let id, let opening): subscribed(id, opening)
        case .notSubscribed(let id, let problem, let trace): notSubscribed(id, problem, trace)
        case .ended(let end): sessionEnded(end)
        }
    }

    func begin(_ job: SessionJob) {
        batch.append(job)
    }

    /// Something at work is done.
    func settle(_ id: FrameID) {
        live.remove(id)
        if case .ending = stage, live.isEmpty { complete() }
    }

    // MARK: Out

    var backlog: Int { replies.count }

    /// Replies first: a subscription's reply comes before its events, and an answer does not wait behind a feed.
    func nextMessage() -> OutgoingMessage? {
        if let reply = replies.popFirst() {
            replyBytes -= reply.byteCount
            return reply
        }
        while true {
            while let (stream, event) = events.popFirst() {
                guard streams[stream] != nil else { continue }
                if event.kind == .bye { drop(stream) }
                return .event(event, stream: stream)
            }
            guard let stream = ready.popFirst() else { return nil }
            // Taken only now that it can be written: until then a newer state takes the place of the one before.
            for event in take(stream) { events.append((stream, event)) }
        }
    }

    func send(_ reply: OutgoingMessage) {
        replies.append(reply)
        replyBytes += reply.byteCount
    }

    func refuse(_ id: FrameID?, _ problem: Problem) {
        send(.reply(id, .failure(problem, trace: bus.makeTrace())))
        countRefusal()
    }

    /// A client that goes on with what is refused is sent away in the end.
    func countRefusal() {
        guard let now = link?.eventLoop.now else { return }
        if refusals.add(at: now) > configuration.maxRefusals { end(.rate) }
    }

    // MARK: The end

    /// Takes nothing new, lets what is at work finish, and then closes. With its session end all streams, at once.
    func end(_ ending: SessionEnding) {
        switch stage {
        case .closed: return
        case .ending(let other):
            // Whatever it closes for, a client whose session is over has to be told that: it must not come back with it.
            guard ending.isOfSession, !other.isOfSession else { return }
            stage = .ending(ending)
            return dropAll()
        case .serving: stage = .ending(ending)
        }
        if ending.isOfSession { dropAll() }
        link?.isHeld = false
        if live.isEmpty {
            complete()
        } else {
            link?.set(.finish, in: configuration.finishLimit)
        }
    }

    private func complete() {
        guard case .ending(let ending) = stage else { return }
        if let bye = ending.bye { send(.bye(bye.reason, retryInMilliseconds: bye.retry)) }
        link?.close(ending.code, ending.reason)
    }
}

/// Counts within ten seconds, and then begins again.
struct TenSecondCount {
    private var since = NIODeadline.uptimeNanoseconds(0)
    private var count = 0

    /// - Returns: how many there have been, with this one.
    mutating func add(at now: NIODeadline) -> Int {
        if now - since > .seconds(10) { (since, count) = (now, 0) }
        count += 1
        return count
    }
}
