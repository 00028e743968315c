import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("One's own devices")
struct AccountDeviceTests {
    private let email = "asha@example.com"
    private let house: AuthHouse
    private let account: Account

    init() async throws {
        house = try await AuthHouse("account-devices")
        account = try await house.add(email)
    }

    /// Has two devices remembered, a minute after one another.
    private func twoDevices() async throws -> (first: String, second: String) {
        let first = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        return (first, try await house.remembered(email))
    }

    private func list(as token: String) async throws -> [DeviceView] {
        try await house.send("account.devices", as: token).output(Page<DeviceView>.self).items
    }

    @Test("They are listed, the one used last first, with nothing that signs anybody in")
    func list() async throws {
        let start = house.now
        let (first, second) = try await twoDevices()
        try await house.add("other@example.com")
        _ = try await house.remembered("other@example.com")
        house.fixture.clock.advance(seconds: 60)
        let token = try #require(try await house.open(email, device: first).output(SessionView.self).token)
        let reply = try await house.send("account.devices", as: token)
        let devices = try reply.output(Page<DeviceView>.self).items
        #expect(devices.map(\.firstUsedAt) == [start, start.adding(seconds: 60)])
        #expect(devices.map(\.lastUsedAt) == [start.adding(seconds: 120), start.adding(seconds: 60)])
        #expect(reply.text.hasSuffix(#""next":null}"#))
        #expect(!reply.text.contains(first) && !reply.text.contains(second) && !reply.text.contains("secret"))
        #expect(try await house.send("account.devices").code == "not_signed_in")
        // One that was not used for too long needs the second factor, and is none.
        house.fixture.clock.advance(seconds: 90 * 24 * 3600 - 60)
        #expect(try await list(as: try await house.session(of: account)).map(\.id) == [devices[0].id])
    }

    @Test("One that is forgotten needs the second factor again; the session and the other one stay")
    func forget() async throws {
        let (first, second) = try await twoDevices()
        let token = try await house.session(of: account)
        let devices = try await list(as: token)
        let oldest = try #require(devices.last)
        let reply = try await house.sendKeyed("account.devices.forget", ["id": oldest.id.raw], as: token, key: "k")
        #expect(reply.status == 204)
        #expect(try await house.sendKeyed("account.devices.forget", ["id": oldest.id.raw], as: token, key: "k").isReplay)
        #expect(try await list(as: token).map(\.id) == [devices[0].id])
        let event = try await house.fixture.kept.row(of: "events") { $0["kind"] == "device.forgotten" }
        #expect(
            event.texts("actor", "subject", "data")
                == #"\#(account.id) \#(account.id) {"device":"\#(oldest.id)"}"#
        )
        house.fixture.clock.advance(seconds: 60)
        #expect(try await house.open(email, device: first).output(SessionView.self).challenge != nil)
        #expect(try await house.open(email, device: second).output(SessionView.self).token != nil)
    }

    @Test("One that is not one's own is not there")
    func others() async throws {
        let token = try await house.session(of: account)
        try await house.add("other@example.com")
        _ = try await house.remembered("other@example.com")
        let theirs = try #require(try await house.fixture.kept.row(of: "devices").text("id"))
        for id in [theirs, "dev_nobody"] {
            let reply = try await house.send("account.devices.forget", ["id": id], as: token)
            #expect(reply.status == 404)
            #expect(reply.code == "not_found")
        }
        #expect(try await house.send("account.devices.forget", ["id": theirs]).code == "not_signed_in")
        #expect(try await house.fixture.kept.count(of: "devices") == 1)
        #expect(try await list(as: token).isEmpty)
    }
}
