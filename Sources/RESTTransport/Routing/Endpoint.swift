import CommandBus
import HTTPTypes

/// Everything that one path can do.
struct Endpoint: Sendable {
    enum Action: Sendable {
        case command(CommandRoute)
        case document(DocumentReply)
        /// A live stream of the topic in the path.
        case feed
        /// The socket, which needs an upgrade.
        case socket
    }

    private var actions: [(method: HTTPRequest.Method, action: Action)] = []
    /// For `Allow`.
    private(set) var methods: [String] = ["OPTIONS"]

    mutating func add(_ action: Action, for method: HTTPRequest.Method) {
        actions.append((method, action))
        methods.append(method.rawValue)
        switch action {
        // What never ends has no length to ask for.
        case .feed, .socket: break
        case .command, .document: if method == .get { methods.append("HEAD") }
        }
        methods.sort()
    }

    func action(for method: HTTPRequest.Method) -> Action? {
        let wanted = method == .head && methods.contains("HEAD") ? .get : method
        return actions.first { $0.method == wanted }?.action
    }
}

/// A command with what its route needs at each request.
struct CommandRoute: Sendable {
    let entry: CommandEntry
    /// The fields that the placeholders of the path are, in its order.
    let placeholders: [String]
    let takesKey: Bool

    init(_ entry: CommandEntry) {
        self.entry = entry
        placeholders = entry.route.placeholders
        takesKey = entry.idempotency != .none
    }
}

extension RouteTree<Endpoint> {
    /// The routes of every command, and beside them the feeds, the socket and the documents.
    init(commands: CommandTable, documents: [RESTDocument], socketPath: String) {
        self.init()
        for entry in commands.entries {
            add(.command(CommandRoute(entry)), for: entry.route.method.http, at: entry.route.path)
        }
        add(.feed, for: .get, at: "/v1/feeds/{topic}")
        add(.socket, for: .get, at: socketPath)
        for document in documents {
            add(.document(DocumentReply(document)), for: .get, at: document.path)
        }
    }

    private mutating func add(_ action: Endpoint.Action, for method: HTTPRequest.Method, at path: String) {
        var endpoint = self[path] ?? Endpoint()
        precondition(endpoint.action(for: method) == nil, "\(method) \(path) is taken")
        endpoint.add(action, for: method)
        self[path] = endpoint
    }
}

extension RESTRoute.Method {
    var http: HTTPRequest.Method {
        switch self {
        case .get: .get
        case .post: .post
        case .put: .put
        case .patch: .patch
        case .delete: .delete
        }
    }
}
