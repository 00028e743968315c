package import Foundation

/// A live topic, as a feature declares it.
package struct FeedTopic: Sendable {
    /// The name on the wire.
    package let name: String
    package let access: Access
    package let availability: Availability
    /// The names by which a subscription may be narrowed, the narrowest first.
    package let filters: [String]
    /// Whether what is shown depends on who reads.
    package let isPersonal: Bool
    package let summary: String
    /// The shape of a change and of a snapshot.
    package let change: Schema
    package let snapshot: Schema
    /// The state of everything that the filter lets through, as JSON.
    let makeSnapshot: @Sendable (FeedFilter, Principal?) async throws -> Data

    /// - Parameters:
    ///   - name: the name on the wire.
    ///   - access: who may subscribe.
    ///   - availability: whether it may be subscribed to in maintenance.
    ///   - filters: the names by which a subscription may be narrowed, the narrowest first.
    ///   - isPersonal: whether the snapshot depends on who reads. Where it does not, one may be made for many readers.
    ///   - summary: one sentence for the reference.
    ///   - snapshot: reads the present state from the store. It is called after changes have begun to be kept for the
    ///     subscriber, so that none falls between.
    package init<Change: Codable & Sendable, State: Codable & Sendable>(
        name: String, access: Access, availability: Availability = .shutInMaintenance, filters: [String],
        isPersonal: Bool = false, summary: String, change: Change.Type,
        snapshot: @escaping @Sendable (FeedFilter, Principal?) async throws -> State
    ) {
        self.name = name
        self.access = access
        self.availability = availability
        self.filters = filters
        self.isPersonal = isPersonal
        self.summary = summary
        do {
            self.change = try SchemaProbe.schema(of: change)
            self.snapshot = try SchemaProbe.schema(of: State.self)
        } catch {
            preconditionFailure("the topic \(name) can't be registered: \(error)")
        }
        makeSnapshot = { filter, principal in try WireJSON.encode(try await snapshot(filter, principal)) }
    }
}

/// What a subscription is narrowed to: names and values, all of which must match.
package struct FeedFilter: Sendable, Hashable {
    package let values: [String: String]

    package init(_ values: [String: String] = [:]) {
        self.values = values
    }

    package subscript(name: String) -> String? { values[name] }

    func matches(_ attributes: [String: String]) -> Bool {
        values.allSatisfy { attributes[$0.key] == $0.value }
    }
}

/// A change of one subject, with its whole new state: the latest one is all that a reader needs.
package struct FeedChange: Sendable {
    package let topic: String
    /// What changed; a later change of the same subject takes the place of this one.
    package let subject: String
    /// What filters are compared with.
    package let attributes: [String: String]
    /// Grows with every change of the subject, so that one that comes late can be told; nil where changes of it can't
    /// overtake each other.
    package let version: Int64?
    /// JSON, encoded once however many listen.
    package let data: Data

    package init(
        topic: String, subject: String, attributes: [String: String], version: Int64? = nil, data: some Encodable
    ) throws {
        self.init(
            topic: topic, subject: subject, attributes: attributes, version: version, json: try WireJSON.encode(data)
        )
    }

    /// - Parameter json: the state, encoded already.
    package init(topic: String, subject: String, attributes: [String: String], version: Int64?, json: Data) {
        self.topic = topic
        self.subject = subject
        self.attributes = attributes
        self.version = version
        data = json
    }
}

/// What a subscriber is sent.
package struct FeedEvent: Sendable {
    package enum Kind: String, Sendable {
        case snapshot
        case change
        /// The cursor could not be honoured, or something may have been missed (``FeedGap``); a snapshot follows.
        case gap
        /// The stream ends here.
        case bye
    }

    package let kind: Kind
    package let position: FeedPosition
    /// JSON.
    package let data: Data
}
