package import CommandBus
import Foundation
import HTTPTypes
import Hummingbird
package import HummingbirdCore
import Logging
import NIOCore

/// The command table as a REST API, with the live feeds as server-sent events.
///
/// It decodes and encodes, nothing else: what a request means is settled by the bus.
package struct RESTTransport: HTTPResponder {
    package typealias Context = RESTContext

    private let bus: CommandBus
    private let configuration: RESTConfiguration
    private let routes: RouteTree<Endpoint>
    private let feeds: FeedEndpoint
    private let crossOrigin: CrossOrigin?

    /// - Parameters:
    ///   - bus: takes the commands. The topics of its feeds are registered before.
    ///   - tickets: opens streams for readers that can't send a header.
    ///   - configuration: the limits and documents.
    ///   - clock: the time at which tickets and sessions end.
    package init(
        bus: CommandBus, tickets: FeedTickets, configuration: RESTConfiguration = RESTConfiguration(),
        clock: any WallClock = SystemWallClock()
    ) {
        self.bus = bus
        self.configuration = configuration
        let description = RESTDocument(
            path: "/v1/openapi.json",
            content: OpenAPIDocument.make(
                table: bus.table, topics: bus.feeds.topics, version: configuration.version
            )
        )
        routes = RouteTree(
            commands: bus.table, documents: [description] + configuration.documents,
            socketPath: configuration.socketPath
        )
        feeds = FeedEndpoint(bus: bus, tickets: tickets, limits: configuration.streams, clock: clock)
        crossOrigin = CrossOrigin(configuration.allowedOrigins)
    }

    package func respond(to request: Request, context: RESTContext) async -> Response {
        let trace = bus.trace(from: request.headers[.traceparent])
        let content = RequestContent(request, channel: context.channel)
        var response = await answer(request, content, context, trace)
        crossOrigin?.apply(to: &response, of: request)
        if request.method == .head { response = response.createHeadResponse() }
        if response.headers[.connection] != nil || !content.isShort(configuration.maxBody) {
            return LastReply.wrap(response, content: content, channel: context.channel)
        }
        return response
    }

    private func answer(
        _ request: Request, _ content: RequestContent, _ context: RESTContext, _ trace: String
    ) async -> Response {
        let target = RequestTarget(request.head.path ?? "/")
        do throws(Problem) {
            guard let (endpoint, values) = try find(target.path) else {
                // The asterisk stands for the server itself (RFC 9112, section 3.2.4).
                if request.method == .options, target.path == "*" {
                    return Replies.options(RESTRoute.Method.allCases.map(\.rawValue) + ["HEAD", "OPTIONS"], trace: trace)
                }
                throw .notFound("path")
            }
            guard let action = endpoint.action(for: request.method) else {
                if request.method == .options { return Replies.options(endpoint.methods, trace: trace) }
                throw Problem(
                    .methodNotAllowed, "This path takes \(endpoint.methods.joined(separator: ", ")).",
                    allow: endpoint.methods
                )
            }
            switch action {
            case .command(let route):
                return try await run(route, values, target, request, content, context, trace)
            case .feed:
                return try await feeds.open(
                    topic: values.first ?? "", query: parameters(of: target), request: request,
                    address: address(request, context), context: context, trace: trace
                )
            case .document(let document): return document.response(trace: trace)
            case .socket: return Replies.upgradeRequired(trace: trace)
            }
        } catch {
            return Replies.response(error, trace: trace)
        }
    }

    private func run(
        _ route: CommandRoute, _ values: [String], _ target: RequestTarget, _ request: Request,
        _ content: RequestContent, _ context: RESTContext, _ trace: String
    ) async throws(Problem) -> Response {
        let parameters = Array(zip(route.placeholders, values)) + (try parameters(of: target))
        var input = try await content.read(upTo: configuration.maxBody)
        var refusal: Problem?
        do throws(Problem) {
            input = try route.entry.input(body: input, parameters: parameters)
        } catch {
            // A broken rule of the input is told in its turn: after who is asking, and whether they may. So the bus is
            // handed what is no input of any command, and if that is all it has to say, it is said as it should be.
            refusal = error
            input = Self.noInput
        }
        let reply = await bus.dispatch(
            CommandCall(
                entry: route.entry, input: input, token: RequestHeaders.credentials(request.headers).token,
                key: route.takesKey ? RequestHeaders.idempotencyKey(request.headers) : nil,
                address: address(request, context), trace: trace, transport: .sse
            )
        )
        if let refusal, reply.status == Problem.Code.invalidInput.status { throw refusal }
        return Replies.response(reply, trace: trace)
    }

    /// An input is an object; this is none.
    private static let noInput = Data("[]".utf8)

    private func find(_ path: Substring) throws(Problem) -> (Endpoint, [String])? {
        do {
            return try routes.find(path).map { ($0.value, $0.parameters) }
        } catch {
            throw Problem(.malformedRequest, "The path is not percent-encoded UTF-8.")
        }
    }

    private func parameters(of target: RequestTarget) throws(Problem) -> [(name: String, value: String)] {
        guard let parameters = target.parameters() else {
            throw Problem(.malformedRequest, "The query is not percent-encoded UTF-8.")
        }
        return parameters
    }

    private func address(_ request: Request, _ context: RESTContext) -> String {
        configuration.addresses.address(
            peer: context.channel.remoteAddress?.ipAddress, forwardedFor: request.headers[.forwardedFor]
        )
    }
}
