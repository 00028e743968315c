import CommandBus
import Foundation
import RESTTransport
import Support
import Testing

@Suite struct FeedTicketTests {
    struct Ticket: Decodable {
        let ticket: String
        let expiresAt: String
    }

    private func ticket(_ server: TestServer) async throws -> String {
        let reply = try await server.send("POST", "/v1/feeds/tickets", token: "rider")
        #expect(reply.status == 201)
        let ticket = try reply.decode(Ticket.self)
        #expect(ticket.ticket.utf8.count == 43)
        #expect(ticket.expiresAt == server.clock.now().adding(seconds: 30).description)
        return ticket.ticket
    }

    @Test func aTicketOpensOneStream() async throws {
        try await TestServer.run { server in
            let target = "/v1/feeds/shelves?ticket=\(try await ticket(server))"
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream(target)
            #expect(try await stream.next()?.event == "snapshot")
            let again = try await server.send("GET", target)
            #expect(again.status == 401)
            // A browser that comes back by itself is told to stop.
            let browser = try await server.send("GET", target, headers: [("Last-Event-ID", "t1.0")])
            #expect(browser.status == 204)
        }
    }

    @Test func aTicketIsForWhoIsSignedIn() async throws {
        try await TestServer.run { server in
            let reply = try await server.send("POST", "/v1/feeds/tickets")
            #expect(reply.status == 401)
            #expect(try await server.send("GET", "/v1/feeds/tickets")["allow"] == "OPTIONS, POST")
        }
    }

    @Test func aTicketExpires() async throws {
        try await TestServer.run { server in
            let ticket = try await ticket(server)
            server.clock.advance(seconds: 30)
            #expect(try await server.send("GET", "/v1/feeds/shelves?ticket=\(ticket)").status == 401)
        }
    }

    @Test func aTicketEndsWithItsSessionAndSoDoesWhatItOpened() async throws {
        try await TestServer.run { server in
            let (used, unused) = (try await ticket(server), try await ticket(server))
            let client = try await server.connect()
            defer { client.close() }
            let stream = try await client.stream("/v1/feeds/shelves?ticket=\(used)")
            _ = try await stream.next()
            try await server.replaceSession(of: "rider")
            #expect(try await stream.next()?.data == #"{"reason":"session_replaced"}"#)
            #expect(try await stream.next() == nil)
            #expect(try await server.send("GET", "/v1/feeds/shelves?ticket=\(unused)").status == 401)
        }
    }

    @Test func anAccountsTicketsAreBounded() async throws {
        try await TestServer.run { server in
            let first = try await ticket(server)
            for _ in 0..<8 { _ = try await ticket(server) }
            #expect(try await server.send("GET", "/v1/feeds/shelves?ticket=\(first)").status == 401)
        }
    }
}
