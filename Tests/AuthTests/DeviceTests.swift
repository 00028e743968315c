import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing

@testable import Auth

@Suite("Remembered devices")
struct DeviceTests {
    private let email = "asha@example.com"

    private func view(_ reply: CommandReply) throws -> SessionView { try reply.output(SessionView.self) }

    @Test("A remembered device signs in with the password alone, and gets another secret each time")
    func rotation() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        var secret = try await house.remembered(email)
        var seen: Set = [secret]
        for _ in 0..<5 {
            house.fixture.clock.advance(seconds: 60)
            let opened = try view(await house.open(email, device: secret))
            #expect(opened.token != nil && opened.challenge == nil)
            secret = try #require(opened.device)
            #expect(seen.insert(secret).inserted)
        }
        #expect(try await house.fixture.kept.count(of: "devices") == 1)
        // Those before the last two tell nothing at all, and harm nothing.
        #expect(try view(await house.open(email, device: seen.first { $0 != secret } ?? "")).token == nil)
    }

    @Test("Nothing is remembered that was not asked for")
    func unasked() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        _ = try await house.signIn(email)
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
    }

    @Test("The store has no secret, only a keyed hash that is worth nothing to another account")
    func hashed() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        try await house.add("other@example.com")
        let secret = try await house.remembered(email)
        let row = try await house.fixture.kept.row(of: "devices")
        // A plain hash of the secret could be looked up by whoever has the database and a list of secrets.
        for guess in [Array(secret.utf8), SHA256.digest(secret.utf8).bytes] {
            #expect(row["secret"] != .blob(Data(guess)))
        }
        #expect(try view(await house.open("other@example.com", device: secret)).challenge != nil)
        #expect(try view(await house.open(email, device: secret)).token != nil, "it was not used up by that")
    }

    @Test("A secret that comes a second time was copied: the device is forgotten, also for whoever has the newer one")
    func copied() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let first = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        let opened = try view(await house.open(email, device: first))
        let second = try #require(opened.device)

        // With a wrong password it tells nothing and does nothing.
        #expect(try await house.open(email, password: "eight buses at dawn", device: first).code == "invalid_credentials")
        #expect(try await house.fixture.kept.count(of: "devices") == 1)

        let copy = try view(await house.open(email, device: first))
        #expect(copy.token == nil && copy.challenge != nil)
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
        #expect(try await house.fixture.kept.count(of: "events") { $0.text("kind") == "device.forgotten" } == 1)
        house.fixture.clock.advance(seconds: 60)
        #expect(try view(await house.open(email, device: second)).challenge != nil)
        // Nobody is signed out by it.
        let token = try #require(opened.token)
        #expect(try await house.send("session.show", as: token).status == 200)
    }

    @Test("It is forgotten even where no code can be sent at this moment")
    func copiedWithoutMail() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        let first = try await house.remembered(email)
        _ = try await house.open(email, device: first)
        // The code of the first sign-in is less than a minute old.
        #expect(try await house.open(email, device: first).code == "too_many_mails")
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
    }

    @Test("Of two sign-ins at once with one secret, one is let in and the other gives the copy away")
    func race() async throws {
        let house = try await AuthHouse()
        let email = email
        try await house.add(email)
        let secret = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        let views = try await withThrowingTaskGroup(of: SessionView.self) { group in
            for _ in 0..<2 {
                group.addTask { try await house.open(email, device: secret).output(SessionView.self) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(views.filter { $0.token != nil }.count == 1)
        #expect(views.filter { $0.challenge != nil }.count == 1)
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
    }

    @Test("A device that is not used for ninety days is forgotten, and each use begins them anew")
    func lifetime() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        var secret = try await house.remembered(email)
        let days = 90 * 24 * 3600
        house.fixture.clock.advance(seconds: days - 1)
        secret = try #require(try view(await house.open(email, device: secret)).device)
        house.fixture.clock.advance(seconds: days - 1)
        secret = try #require(try view(await house.open(email, device: secret)).device)
        house.fixture.clock.advance(seconds: days)
        #expect(try view(await house.open(email, device: secret)).challenge != nil)
        // The next one that is remembered takes its place.
        house.fixture.clock.advance(seconds: 60)
        _ = try await house.remembered(email)
        #expect(try await house.fixture.kept.count(of: "devices") == 1)
    }

    @Test("An account has ten devices: one more, and the one used longest ago is forgotten")
    func bound() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        var secrets: [String] = []
        for _ in 0..<10 {
            secrets.append(try await house.remembered(email))
            // Five mails an hour.
            house.fixture.clock.advance(seconds: 720)
        }
        // The first one is used, and so the second is the oldest.
        secrets[0] = try #require(try view(await house.open(email, device: secrets[0])).device)
        house.fixture.clock.advance(seconds: 720)
        secrets.append(try await house.remembered(email))
        #expect(try await house.fixture.kept.count(of: "devices") == 10)
        for (index, secret) in secrets.enumerated() {
            house.fixture.clock.advance(seconds: 720)
            #expect(try view(await house.open(email, device: secret)).token != nil || index == 1, "device \(index)")
        }
        house.fixture.clock.advance(seconds: 720)
        #expect(try view(await house.open(email, device: secrets[1])).challenge != nil)
    }

    @Test("A clock that is set back by a little forgets nothing; one that was far ahead leaves nothing that lasts for ever")
    func clockSetBack() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        var secret = try await house.remembered(email)
        house.fixture.clock.advance(seconds: -3600)
        secret = try #require(try view(await house.open(email, device: secret)).device)
        house.fixture.clock.advance(seconds: -90 * 24 * 3600)
        #expect(try await !house.open(email, device: secret).text.contains("token"))
    }

    @Test("What can't be a device's secret is refused by name; what the server never gave leads to the challenge")
    func input() async throws {
        let house = try await AuthHouse()
        try await house.add(email)
        for secret in ["", "fifteen-letters", String(repeating: "x", count: 129), "with a space in it", "naïve-naïve-naïve"]
        {
            let reply = try await house.open(email, device: secret)
            #expect(reply.status == 422)
            #expect(reply.text.contains("/device"), "\(secret)")
        }
        #expect(try await house.fixture.kept.count(of: "code_challenges") == 0)
        #expect(try view(await house.open(email, device: "device-of-an-old-app")).challenge != nil)
    }

    @Test("All devices of an account can be forgotten at once, and no other's")
    func forgetAll() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        try await house.add("other@example.com")
        let mine = try await house.remembered(email)
        let other = try await house.remembered("other@example.com")
        let devices = house.service.devices
        try await house.fixture.work { work in try devices.forgetAll(of: account.id, in: work) }
        house.fixture.clock.advance(seconds: 60)
        #expect(try view(await house.open(email, device: mine)).challenge != nil)
        #expect(try view(await house.open("other@example.com", device: other)).token != nil)
    }

    @Test("A secret does not describe itself")
    func silent() throws {
        let secret = try DeviceSecret(refining: "device-of-an-old-app")
        #expect("\(secret) \(String(reflecting: secret))".contains("device-of") == false)
        let token = try ShownToken(refining: String(repeating: "A", count: 43))
        #expect("\(token) \(String(reflecting: token))".contains("AAAA") == false)
    }
}
