import CommandBus
import Foundation
import Support
import Testing

@testable import WSTransport

@Suite struct AttachmentTests {
    private static let whoAmI = #"{"id":"w","cmd":"test.whoami"}"#

    private static func attach(_ token: String, id: String = "a") -> String {
        #"{"id":"\#(id)","cmd":"session.attach","input":{"token":"\#(token)"}}"#
    }

    @Test func theUpgradeMayCarryTheToken() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(Self.whoAmI)
            let reply = try await client.text()
            #expect(reply.contains(#""output":{"account":"a_rider","address":"127.0.0.1"}"#))
        }
    }

    @Test func aSessionIsAttachedInBand() async throws {
        try await TestServer.run { server in
            let client = try await server.connect()
            // Sent in one go: what comes behind the token is under it.
            let (before, behind) = (
                Self.whoAmI.replacing(#""w""#, with: #""w1""#), Self.whoAmI.replacing(#""w""#, with: #""w2""#)
            )
            try await client.send(all: [before, Self.attach("rider"), behind])
            #expect(try await client.text(containing: #""id":"w1""#).contains(#""status":401"#))
            let attached = try await client.text(containing: #""id":"a""#)
            #expect(attached.hasPrefix(#"{"id":"a","status":200,"output":{"account":"a_rider","expiresAt":"#))
            #expect(attached.contains(#""role":"rider""#))
            #expect(try await client.text(containing: #""id":"w2""#).contains("a_rider"))
        }
    }

    @Test func aBadTokenInBandIsAnswered() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(Self.attach("nobody"))
            #expect(try await client.text().hasPrefix(#"{"id":"a","status":401,"problem":{"code":"not_signed_in""#))
            try await client.send(Self.whoAmI)
            #expect(try await client.text().contains("a_rider"))
        }
    }

    @Test func anotherAccountIsRefused() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(Self.attach("developer"))
            #expect(try await client.text().hasPrefix(#"{"id":"a","status":403,"problem":{"code":"not_allowed""#))
            try await client.send(Self.attach("rider.2"))
            #expect(try await client.text().contains(#""account":"a_rider""#))
        }
    }

    @Test(arguments: [
        ("expired", Problem.sessionExpired, 4100), ("gone", .sessionReplaced, 4101), ("shut", .sessionRevoked, 4101),
        ("nobody", .notSignedIn, 4100),
        ("unknown", .storeUnavailable, 1013),
    ])
    func aBadTokenAtTheUpgradeEndsTheSocketWithItsReason(token: String, problem: Problem, code: Int) async throws {
        try await TestServer.run { server in
            server.parts.accounts.refuse(token, problem)
            let client = try await server.connect(token: token)
            #expect(try await client.closeCode() == code)
        }
    }

    @Test func aHeaderThatIsNoBearerIsABadToken() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(headers: [("Authorization", "Basic cmlkZXI6eA==")])
            #expect(try await client.closeCode() == 4100)
        }
    }

    @Test func aNewerSignInEndsTheSocketAtOnce() async throws {
        try await TestServer.run { server in
            let (old, current) = (try await server.connect(token: "rider"), try await server.connect(token: "rider.2"))
            for client in [old, current] {
                try await client.send(Self.whoAmI)
                _ = try await client.text()
            }
            try await current.send(#"{"id":"1","cmd":"test.end","input":{"surviving":2}}"#)
            #expect(try await current.text() == #"{"id":"1","status":204}"#)
            let close = try await old.close()
            #expect(close.code == 4101)
            #expect(close.reason == "the session was replaced")
            try await current.send(Self.whoAmI)
            #expect(try await current.text().contains("a_rider"))
        }
    }

    @Test func closingTheSessionIsAnsweredBeforeTheSocketEnds() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(#"{"id":"1","cmd":"test.end","input":{}}"#)
            #expect(try await client.text() == #"{"id":"1","status":204}"#)
            #expect(try await client.close() == (4101, "the session was closed"))
        }
    }

    @Test func aSessionThatIsOverEndsItsSocketAsOneThatHasExpired() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "developer")
            try await client.send(Self.whoAmI)
            _ = try await client.text()
            let account = AccountID(trusted: "a_developer")
            server.parts.sessions.signal(SessionEnd(account: account, survivingEpoch: nil, reason: .expired))
            #expect(try await client.close() == (4100, "the session has expired"))
        }
    }

    @Test func aTokenThatEndsSoonIsToldOfAndThenEndsTheSocket() async throws {
        try await TestServer.run { server in
            let now = SystemWallClock().now()
            server.parts.accounts.expire("rider", at: now.adding(seconds: 3))
            let client = try await server.connect(token: "rider")
            #expect(try await client.text().hasPrefix(#"{"session":{"expires_in_ms":"#))
            #expect(try await client.closeCode() == 4100)
        }
    }

    @Test func aNewTokenInTimeKeepsTheSocket() async throws {
        try await TestServer.run { server in
            let now = SystemWallClock().now()
            server.parts.accounts.expire("rider", at: now.adding(seconds: 3))
            server.parts.accounts.expire("rider.1.1", at: now.adding(seconds: 63))
            let client = try await server.connect(token: "rider")
            _ = try await client.text(containing: "expires_in_ms")
            try await client.send(Self.attach("rider.1.1"))
            _ = try await client.text(containing: #""id":"a""#)
            // The next notice is that of the new token; the old one has ended by then.
            let notice = try await client.text()
            let left = try #require(Int(notice.dropFirst(#"{"session":{"expires_in_ms":"#.count).dropLast(2)))
            #expect((50_000...60_000).contains(left))
            try await client.send(Self.whoAmI)
            #expect(try await client.text().contains("a_rider"))
        }
    }

    @Test func revocationActsOnTheNextFrame() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(Self.whoAmI)
            _ = try await client.text()
            server.parts.accounts.refuse("rider", .sessionReplaced)
            try await client.send(Self.whoAmI)
            #expect(try await client.text().contains(#""status":401,"problem":{"code":"session_replaced""#))
        }
    }

    @Test func revocationActsOnTheNextSubscription() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(#"{"id":"1","sub":"secrets"}"#)
            #expect(try await client.text().contains(#""id":"1","status":200"#))
            _ = try await client.text(containing: "snapshot")
            server.parts.accounts.refuse("rider", .sessionReplaced)
            try await client.send(#"{"id":"2","sub":"secrets"}"#)
            #expect(try await client.text().contains(#""status":401,"problem":{"code":"session_replaced""#))
        }
    }

    @Test(arguments: [SessionEnd.Reason.replaced, .expired])
    func aSessionThatIsOverHearsNothingMoreWhileItsCommandsFinish(reason: SessionEnd.Reason) async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(#"{"id":"1","sub":"things"}"#)
            #expect(try await client.text().contains(#""id":"1","status":200"#))
            #expect(try await client.text().contains("snapshot"))
            try server.publish("bus_1", 6)
            #expect(try await client.text().contains(#""event":"change""#))
            try await client.send(#"{"id":"2","cmd":"test.hold"}"#)
            try await server.parts.latch.arrivals(1)
            let account = AccountID(trusted: "a_rider")
            server.parts.sessions.signal(SessionEnd(account: account, survivingEpoch: 2, reason: reason))
            try server.publish("bus_1", 7)
            try await client.send(#"{"id":"3","sub":"things"}"#)
            let code = reason == .replaced ? "session_replaced" : "session_expired"
            #expect(try await client.text().contains(#""id":"3","status":401,"problem":{"code":"\#(code)""#))
            server.parts.latch.open()
            #expect(try await client.text() == #"{"id":"2","status":204}"#)
            #expect(try await client.closeCode() == (reason == .replaced ? 4101 : 4100))
        }
    }

    @Test func aSocketThatStopsSaysThatItsSessionWasReplaced() async throws {
        try await TestServer.run { server in
            let client = try await server.connect(token: "rider")
            try await client.send(#"{"id":"1","cmd":"test.hold"}"#)
            try await server.parts.latch.arrivals(1)
            async let stopped: Void = server.stop()
            // Told by the refusal of what comes after it.
            for number in 2... {
                try await client.send(#"{"id":"\#(number)","cmd":"test.echo","input":{"text":"x"}}"#)
                if try await client.text().contains("503") { break }
            }
            let account = AccountID(trusted: "a_rider")
            server.parts.sessions.signal(SessionEnd(account: account, survivingEpoch: 2, reason: .replaced))
            // A frame that comes at the very same moment may be read first, and is told that the connection ends.
            var refusal = ""
            while !refusal.contains(#""code":"session_replaced""#) {
                try await client.send(Self.whoAmI)
                refusal = try await client.text()
                try #require(refusal.contains(#""status":401"#) || refusal.contains(#""status":503"#))
            }
            server.parts.latch.open()
            #expect(try await client.text() == #"{"id":"1","status":204}"#)
            #expect(try await client.closeCode() == 4101)
            await stopped
        }
    }

    @Test func whoNeverSaysWhoItIsIsClosed() async throws {
        try await TestServer.run {
            $0.attachLimit = .seconds(3)
        } _: { server in
            let idle = try await server.connect()
            let reading = try await server.connect()
            try await reading.send(#"{"id":"1","sub":"things"}"#)
            #expect(try await idle.closeCode() == 4100)
            // Whoever reads what is open to all may go on.
            _ = try await reading.text(containing: "snapshot")
            try server.publish("bus_1", 7)
            _ = try await reading.text(containing: #""event":"change""#)
        }
    }
}
