import CommandBus
import Support
import Testing

@Suite("Who may subscribe to a feed, and how")
struct FeedAdmissionTests {
    @Test("An unknown topic is none")
    func unknownTopic() async {
        let hub = FeedHub(epoch: "e1")
        let problem = await #expect(throws: Problem.self) {
            _ = try await hub.subscribe(
                to: "weather", filter: FeedFilter(), since: nil, principal: nil, via: .sse, sink: FeedReader()
            )
        }
        #expect(problem?.code == .unknownTopic)
        #expect(hub.topics.isEmpty)
    }

    @Test(
        "A topic is for those whom its access names",
        arguments: [
            (Access.anyone, nil, nil), (.anyone, .rider, nil), (.signedIn, nil, "not_signed_in"), (.signedIn, .rider, nil),
            (.roles([.conductor]), nil, "not_signed_in"), (.roles([.conductor]), .rider, "not_allowed"),
            (.roles([.conductor]), .conductor, nil),
        ] as [(Access, Role?, String?)])
    func access(access: Access, role: Role?, code: String?) async throws {
        let feed = FeedFixture(access: access)
        let principal = role.map { NamedTokens.principal($0, AccountID(trusted: "a_1")) }
        if let code {
            let problem = await #expect(throws: Problem.self) {
                _ = try await feed.subscribe(as: principal, sink: FeedReader())
            }
            #expect(problem?.code.name == code)
            #expect(feed.hub.subscriberCount == 0)
        } else {
            _ = try await feed.subscribe(as: principal, sink: FeedReader())
            #expect(feed.hub.subscriberCount == 1)
        }
    }

    @Test(
        "A feed that is on the other transport says where",
        arguments: [
            (FeedTransportSetting.both, FeedTransport.sse, nil), (.both, .websocket, nil), (.sse, .sse, nil),
            (.websocket, .websocket, nil),
            (.sse, .websocket, "Feeds are served elsewhere now: GET /v1/feeds/seats (server-sent events)."),
            (.websocket, .sse, "Feeds are served elsewhere now: GET /v1/socket (a 'sub' frame)."),
        ] as [(FeedTransportSetting, FeedTransport, String?)])
    func transports(setting: FeedTransportSetting, transport: FeedTransport, refusal: String?) async throws {
        let feed = FeedFixture(transport: setting)
        #expect(feed.hub.setting == setting)
        if let refusal {
            let problem = await #expect(throws: Problem.self) {
                _ = try await feed.subscribe(via: transport, sink: FeedReader())
            }
            #expect(problem?.code == .feedElsewhere)
            #expect(problem?.detail == refusal)
        } else {
            _ = try await feed.subscribe(via: transport, sink: FeedReader())
        }
    }

    @Test("An unknown name in the filter is a violation")
    func unknownFilter() async throws {
        let feed = FeedFixture()
        let problem = await #expect(throws: Problem.self) {
            _ = try await feed.read(["bus": "a", "colour": "red", "age": "1"])
        }
        #expect(problem?.code == .invalidInput)
        #expect(problem?.errors.map(\.pointer) == ["/filter/age", "/filter/colour"])
    }

    @Test(
        "A text that is no cursor is a violation",
        arguments: ["", "1", "e1", "e1.", ".1", "e1.x", "e1.-1", "E1.1", "e1.1.1", "e 1.1"])
    func badCursor(cursor: String) async throws {
        let feed = FeedFixture()
        let problem = await #expect(throws: Problem.self) { _ = try await feed.read(since: cursor) }
        #expect(problem?.errors == [Violation(pointer: "/since", detail: "must be a position like k3x.174")])
        #expect(feed.hub.subscriberCount == 0)
    }
}
