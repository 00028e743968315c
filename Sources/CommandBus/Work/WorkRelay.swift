import Foundation

/// Carries what a unit of work has to tell beyond this process. A server that is alone has none.
package protocol WorkRelay: Sendable {
    /// Tells every instance, this one included.
    ///
    /// It is called once for a unit of work, after its commit and before its caller is answered, and only with news that
    /// are not empty. It must come back within bounded time, whatever it leans on.
    ///
    /// - Returns: the position of the last change in the numbering that all instances share; nil if there was none or it
    ///   could not be told. Every instance then reads the store anew as soon as it can.
    func relay(_ news: WorkNews) async -> FeedPosition?

    /// A unit of work may have been done or not, and what it would have told is told to nobody. When it has come out which,
    /// every instance reads the store anew. It returns at once.
    func doubt() async
}

/// What a unit of work has to tell after its commit, in the form in which it goes from instance to instance.
package struct WorkNews: Sendable {
    /// In their order.
    package let changes: [FeedChange]
    package let endedSessions: [SessionEnd]
    /// Whether there is new mail in the outbox.
    package let hasMail: Bool
    /// Whether a setting was changed, which every instance is to read anew.
    package let changedSettings: Bool

    package init(
        changes: [FeedChange] = [], endedSessions: [SessionEnd] = [], hasMail: Bool = false, changedSettings: Bool = false
    ) {
        self.changes = changes
        self.endedSessions = endedSessions
        self.hasMail = hasMail
        self.changedSettings = changedSettings
    }

    package var isEmpty: Bool { changes.isEmpty && endedSessions.isEmpty && !hasMail && !changedSettings }
}

// One letter a key, and nothing written that is not there: it is read by every instance.
extension WorkNews: Codable {
    private enum Key: String, CodingKey {
        case changes = "c"
        case endedSessions = "e"
        case hasMail = "m"
        case changedSettings = "s"
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        self.init(
            changes: try members.decodeIfPresent([FeedChange].self, forKey: .changes) ?? [],
            endedSessions: try members.decodeIfPresent([SessionEnd].self, forKey: .endedSessions) ?? [],
            hasMail: try members.decodeIfPresent(Bool.self, forKey: .hasMail) ?? false,
            changedSettings: try members.decodeIfPresent(Bool.self, forKey: .changedSettings) ?? false
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        if !changes.isEmpty { try members.encode(changes, forKey: .changes) }
        if !endedSessions.isEmpty { try members.encode(endedSessions, forKey: .endedSessions) }
        if hasMail { try members.encode(true, forKey: .hasMail) }
        if changedSettings { try members.encode(true, forKey: .changedSettings) }
    }
}

extension FeedChange: Codable {
    private enum Key: String, CodingKey {
        case topic = "t"
        case subject = "s"
        case attributes = "a"
        case version = "v"
        case data = "d"
    }

    package init(from decoder: any Decoder) throws {
        let members = try decoder.container(keyedBy: Key.self)
        self.init(
            topic: try members.decode(String.self, forKey: .topic),
            subject: try members.decode(String.self, forKey: .subject),
            attributes: try members.decodeIfPresent([String: String].self, forKey: .attributes) ?? [:],
            version: try members.decodeIfPresent(Int64.self, forKey: .version),
            json: Data(try members.decode(String.self, forKey: .data).utf8)
        )
    }

    package func encode(to encoder: any Encoder) throws {
        var members = encoder.container(keyedBy: Key.self)
        try members.encode(topic, forKey: .topic)
        try members.encode(subject, forKey: .subject)
        if !attributes.isEmpty { try members.encode(attributes, forKey: .attributes) }
        try members.encodeIfPresent(version, forKey: .version)
        // As a text, so that every reader gets the very bytes that were encoded once.
        try members.encode(String(decoding: data, as: UTF8.self), forKey: .data)
    }
}
