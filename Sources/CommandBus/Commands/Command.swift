/// One thing that a client can ask for: a type, and with it everything that transports and documentation need to know.
///
/// It is registered once, with its handler (``CommandRegistry``). Adding a route is adding a type that conforms to this
/// and one line of registration; no transport is touched.
package protocol Command: Sendable {
    /// Path, query and body together: a plain Codable struct of refined types.
    associatedtype Input: Codable & Sendable
    associatedtype Output: Codable & Sendable

    /// `feature.verb`.
    static var name: String { get }
    static var route: RESTRoute { get }
    static var access: Access { get }
    /// Whether it is a use of the session, which puts off the end of one that nobody uses.
    static var usesSession: Bool { get }
    /// The service windows in which the command may be used; nil for always.
    static var windows: Set<ServiceWindow>? { get }
    static var cost: CostClass { get }
    static var idempotency: IdempotencyRule { get }
    /// Whether it can post to the ledger; refused while money is stopped.
    static var movesMoney: Bool { get }
    /// The status of success: 200, 201, 202 or 204.
    static var status: Int { get }
    static var availability: Availability { get }
    /// One sentence for the reference.
    static var summary: String { get }
    /// An input as a client could send it.
    static var example: Input { get }
    /// The problems of its own rules, for the reference.
    static var problems: [Problem.Code] { get }
}

extension Command {
    package static var windows: Set<ServiceWindow>? { nil }
    package static var movesMoney: Bool { idempotency == .required }
    package static var usesSession: Bool { true }
    package static var status: Int { 200 }
    package static var availability: Availability { .shutInMaintenance }
    package static var problems: [Problem.Code] { [] }
}

/// An input without fields.
package struct NoInput: Codable, Sendable {
    package init() {}
}

/// An output without fields, which goes with 204.
package struct NoOutput: Codable, Sendable {
    package init() {}
}

/// The REST face of a command: a method and a path with `{placeholders}` that are fields of the input.
package struct RESTRoute: Sendable, Hashable {
    package enum Method: String, Sendable, CaseIterable {
        case get = "GET"
        case post = "POST"
        case put = "PUT"
        case patch = "PATCH"
        case delete = "DELETE"
    }

    package let method: Method
    package let path: String

    package static func get(_ path: String) -> RESTRoute { RESTRoute(method: .get, path: path) }
    package static func post(_ path: String) -> RESTRoute { RESTRoute(method: .post, path: path) }
    package static func put(_ path: String) -> RESTRoute { RESTRoute(method: .put, path: path) }
    package static func patch(_ path: String) -> RESTRoute { RESTRoute(method: .patch, path: path) }
    package static func delete(_ path: String) -> RESTRoute { RESTRoute(method: .delete, path: path) }

    /// The names between braces, in the order of the path.
    package var placeholders: [String] {
        path.split(separator: "/").compactMap { segment in
            segment.hasPrefix("{") && segment.hasSuffix("}") ? String(segment.dropFirst().dropLast()) : nil
        }
    }

    /// Whether the input comes from the query, because the method has no body.
    package var takesQuery: Bool { method == .get || method == .delete }
}

/// Who may use a command.
package enum Access: Sendable, Hashable {
    case anyone
    case signedIn
    case roles(Set<Role>)
}

/// Whether a command is there while the server is in maintenance.
package enum Availability: Sendable {
    case shutInMaintenance
    /// Health, sign-in of staff and the switch itself.
    case always
}

/// What a command costs the server; the rate limits are set for each.
package enum CostClass: String, Sendable, CaseIterable {
    /// Never limited: health.
    case free
    case read
    case write
    /// Hashes a password or sends a code by mail.
    case credential
}

/// Whether a command takes an idempotency key.
package enum IdempotencyRule: String, Sendable {
    /// Changes nothing, or its answer is a secret that may not be kept.
    case none
    case optional
    /// Moves money.
    case required
}
