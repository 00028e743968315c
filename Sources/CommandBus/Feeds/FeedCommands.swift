import Cryptography

/// Gives out a ticket for a stream of server-sent events.
package enum IssueFeedTicket: Command {
    package typealias Input = NoInput
    package struct Output: Codable, Sendable {
        package let ticket: String
        package let expiresAt: Timestamp
    }

    package static let name = "feeds.ticket"
    package static let route = RESTRoute.post("/v1/feeds/tickets")
    package static let access = Access.signedIn
    /// A page that is left alone fetches one after another for its feeds.
    package static let usesSession = false
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let status = 201
    package static let summary =
        "Gives out a ticket that opens one feed, once and within 30 s, for a reader that can't send a header."
    package static let example = NoInput()
}

/// Shows where feeds are served.
package enum ShowFeedTransport: Command {
    package typealias Input = NoInput
    package struct Output: Codable, Sendable {
        package let transport: FeedTransportSetting
    }

    package static let name = "feeds.transport.show"
    package static let route = RESTRoute.get("/v1/feeds/transport")
    package static let access = Access.anyone
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = "Shows whether feeds are served as server-sent events, over the socket, or both."
    package static let example = NoInput()
}

extension CommandRegistry {
    /// Registers the commands that all feeds share.
    ///
    /// - Parameters:
    ///   - hub: the hub of the live topics.
    ///   - tickets: the tickets that the REST transport redeems.
    package mutating func registerFeedCommands(hub: FeedHub, tickets: FeedTickets) {
        answer(IssueFeedTicket.self) { _, context in
            let (ticket, expiresAt) = try await tickets.issue(
                to: context.signedIn(), at: context.now, random: context.random
            )
            return .init(ticket: ticket.text, expiresAt: expiresAt)
        }
        answer(ShowFeedTransport.self) { _, _ in .init(transport: hub.setting) }
    }
}
