import Foundation
import Support
import Testing

extension EndToEnd {
    /// What curl and Java send along with an ordinary request.
    @Suite(.timeLimit(.minutes(2)))
    struct Upgrade {
        @Test("An offer of HTTP/2 (Upgrade: h2c) gets an ordinary answer, with a body and without")
        func h2c() async throws {
            try await EndToEnd.onDemo("h2c") { demo in
                let bus = try #require(try await demo.departures().first { $0.seatsLeft > 5 })
                let offer =
                    "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
                    + "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
                let (host, token) = ("Host: \(demo.server.host):\(demo.server.port)\r\n", try demo.rider(1))
                let last = "GET /health/live HTTP/1.1\r\n\(host)Connection: close\r\n\r\n"

                let read = try await exchange(
                    demo.server,
                    "GET /v1/departures/\(bus.id) HTTP/1.1\r\n\(host)\(offer)Authorization: Bearer \(token)\r\n\r\n" + last
                )
                #expect(read.hasPrefix("HTTP/1.1 200 "), "\(read.prefix(300))")
                #expect(read.contains(#""id":"\#(bus.id)""#))
                Self.expectNothingIsLost(in: read)

                let body = #"{"departure":"\#(bus.id)"}"#
                let booked = try await exchange(
                    demo.server,
                    "POST /v1/bookings HTTP/1.1\r\n\(host)\(offer)Authorization: Bearer \(token)\r\n"
                        + "Content-Type: application/json\r\nIdempotency-Key: h2c\r\n"
                        + "Content-Length: \(body.utf8.count)\r\n\r\n" + body + last
                )
                #expect(booked.hasPrefix("HTTP/1.1 201 "), "\(booked.prefix(300))")
                Self.expectNothingIsLost(in: booked)
                #expect(try await demo.rest(1).send(.wallet).json["balance"]["amount"].int == 40_000 - bus.fare)

                // An upgrade to a socket where there is none is an ordinary request, too.
                let nowhere = try await exchange(
                    demo.server,
                    "GET /v1/wallet HTTP/1.1\r\n\(host)Connection: Upgrade\r\nUpgrade: websocket\r\n"
                        + "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                        + "Authorization: Bearer \(token)\r\n\r\n" + last
                )
                #expect(nowhere.hasPrefix("HTTP/1.1 200 "), "\(nowhere.prefix(300))")
                Self.expectNothingIsLost(in: nowhere)
            }
        }

        /// Sends bytes as they are; the last request in them asks to close.
        private func exchange(_ server: ServerProcess, _ text: String) async throws -> String {
            let client = try await HTTPTestClient.connect(port: server.port)
            defer { client.close() }
            try await client.send(text)
            return String(decoding: try await client.receiveAll(), as: UTF8.self)
        }

        /// A server may end a connection before it has answered all that was pipelined, but then its last answer says so,
        /// and the client sends the rest again (RFC 9112, sections 9.3.2 and 9.6).
        private static func expectNothingIsLost(in text: String, sourceLocation: SourceLocation = #_sourceLocation) {
            let answers = text.ranges(of: "HTTP/1.1 2").count
            let saysSo = text.ranges(of: /(?i)\r\nconnection: *close\r\n/).count
            #expect(answers == 2 || answers == saysSo, "\(text.prefix(2000))", sourceLocation: sourceLocation)
        }
    }
}
