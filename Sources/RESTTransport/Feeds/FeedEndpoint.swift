import CommandBus
import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore

/// Opens live streams: `GET /v1/feeds/{topic}`.
struct FeedEndpoint: Sendable {
    private let bus: CommandBus
    private let tickets: FeedTickets
    private let limits: RESTConfiguration.Streams
    private let clock: any WallClock
    private let census = StreamCensus()

    private static let headers = HTTPFields.answer([
        .contentType: "text/event-stream", .cacheControl: "no-store, no-transform", .accelBuffering: "no",
    ])

    init(bus: CommandBus, tickets: FeedTickets, limits: RESTConfiguration.Streams, clock: any WallClock) {
        self.bus = bus
        self.tickets = tickets
        self.limits = limits
        self.clock = clock
    }

    /// Starts a stream, or says with a problem why there is none.
    ///
    /// A cursor comes as `Last-Event-ID` or as `since`. The header wins: a browser that comes back repeats the address
    /// it was given once, with the cursor that was true then.
    func open(
        topic: String, query: [(name: String, value: String)], request: Request, address: String, context: RESTContext,
        trace: String
    ) async throws(Problem) -> Response {
        var question = try Question(query)
        if let last = request.headers[.lastEventID], !last.isEmpty { question.since = last }
        let signal = StreamSignal()
        let entry: Entry
        do {
            entry = try await admit(question.ticket, request, address, signal)
        } catch  where question.ticket != nil && request.headers[.lastEventID] != nil && error.code == .notSignedIn {
            // A browser that lost its stream comes back by itself with a ticket that is spent. This tells it to stop;
            // its page can get a new ticket.
            var headers = Replies.empty
            headers[.traceID] = trace
            return Response(status: .noContent, headers: headers)
        }
        let subject = entry.principal.map { RateSubject.account($0.account) } ?? .address(address)
        let limit = entry.principal == nil ? limits.maxPerAddress : limits.maxPerAccount
        guard let seat = census.enter(subject, limit: limit) else {
            entry.release()
            throw Problem(.tooManySubscriptions, "At most \(limit) streams may be open at once.")
        }
        let stream: FeedStream
        do {
            let opening = try await bus.feeds.subscribe(
                to: topic, filter: FeedFilter(question.filter), since: question.since, principal: entry.principal,
                via: .sse, sink: signal
            )
            let (hub, subscription) = (bus.feeds, opening.subscription)
            stream = FeedStream(
                subscription: subscription, signal: signal, limits: limits,
                sessionLife: entry.principal.map { remaining(of: $0) }, channel: context.channel,
                releases: [{ hub.unsubscribe(subscription) }, entry.release, seat.leave]
            )
        } catch {
            entry.release()
            seat.leave()
            throw problem(error, topic, context, trace)
        }
        var headers = Self.headers
        headers[.traceID] = trace
        return Response(status: .ok, headers: headers, body: stream.body(of: request))
    }

    /// Who reads, and what has to be given back for it afterwards.
    private struct Entry {
        let principal: Principal?
        let release: @Sendable () -> Void
    }

    private func admit(
        _ ticket: String?, _ request: Request, _ address: String, _ signal: StreamSignal
    ) async throws(Problem) -> Entry {
        let ended: @Sendable (SessionEnd) -> Void = { signal.end(StreamEnd($0)) }
        if case .token(let token) = RequestHeaders.credentials(request.headers) {
            let principal = try await authenticate(token, address)
            let watch = bus.sessions.watch(principal, ended)
            do throws(Problem) {
                // It may have ended before it was watched.
                _ = try await authenticate(token, address)
            } catch {
                watch.cancel()
                throw error
            }
            return Entry(principal: principal, release: { watch.cancel() })
        }
        guard let ticket else { return Entry(principal: nil, release: {}) }
        let pass = try await tickets.redeem(ticket, at: clock.now(), ended: ended)
        return Entry(principal: pass.principal, release: { pass.giveBack() })
    }

    private func authenticate(_ token: String, _ address: String) async throws(Problem) -> Principal {
        do {
            return try await bus.authenticate(token: token, from: address)
        } catch let problem as Problem {
            throw problem
        } catch {
            throw .storeUnavailable
        }
    }

    private func remaining(of principal: Principal) -> Duration {
        .milliseconds(principal.expiresAt.milliseconds - clock.now().milliseconds)
    }

    private func problem(_ error: any Error, _ topic: String, _ context: RESTContext, _ trace: String) -> Problem {
        if let problem = error as? Problem { return problem }
        context.logger.error(
            "the feed \(topic) could not be opened",
            metadata: ["trace": "\(trace)", "error": "\(String(reflecting: error))"]
        )
        return .internalError
    }

    /// What the query of a stream says.
    private struct Question {
        var since: String?
        var ticket: String?
        var filter: [String: String] = [:]

        init(_ query: [(name: String, value: String)]) throws(Problem) {
            var repeated: [Violation] = []
            for (name, value) in query {
                switch name {
                case "since":
                    if since != nil { repeated.append(Self.violation("/since")) }
                    since = value
                case "ticket":
                    if ticket != nil { repeated.append(Self.violation("/ticket")) }
                    ticket = value
                default:
                    if filter.updateValue(value, forKey: name) != nil {
                        repeated.append(Self.violation("/filter/\(name)"))
                    }
                }
            }
            if !repeated.isEmpty { throw .invalid(repeated) }
        }

        private static func violation(_ pointer: String) -> Violation {
            Violation(pointer: pointer, detail: "is given more than once")
        }
    }
}
