import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("What staff have begun does not outlive a suspension or another role")
struct StaffLockoutTests {
    private let email = "ravi@example.com"
    private let house: AuthHouse
    private let ravi: Account
    private let token: String

    init() async throws {
        house = try await AuthHouse("staff-lockout")
        ravi = try await house.add(email, role: .conductor)
        token = try await house.session(of: try await house.add("god@example.com", role: .godAdmin))
    }

    /// A conductor with a known device, a code to sign in with, and the right to a new password.
    private func begun() async throws -> (device: String, signIn: [String: String], reset: String) {
        let device = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        let challenge = try await house.send("password.reset.start", ["email": email]).output(AuthHouse.Challenge.self)
        let reset = try await house.send(
            "password.reset.verify", ["challenge": challenge.challenge, "code": try await house.code(to: email)]
        ).output(VerifyPasswordReset.Output.self).reset
        let opened = try #require(try await house.open(email).output(SessionView.self).challenge)
        return (device, ["challenge": opened, "code": try await house.code(to: email)], reset)
    }

    private func expectNothingLeft(
        of begun: (device: String, signIn: [String: String], reset: String)
    ) async throws {
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
        #expect(try await house.send("session.verify", begun.signIn).code == "code_expired")
        let reset = ["reset": begun.reset, "password": "nine trams at dusk"]
        #expect(try await house.send("password.reset.complete", reset).code == "reset_expired")
        house.fixture.clock.advance(seconds: 60)
        let opened = try await house.open(email, device: begun.device).output(SessionView.self)
        #expect(opened.token == nil && opened.challenge != nil, "the second factor is due")
    }

    @Test("A suspension")
    func suspension() async throws {
        let begun = try await begun()
        for command in ["staff.suspend", "staff.reinstate"] {
            let reply = try await house.change(command, ["id": ravi.id.raw, "reason": "A phone was lost"], as: token)
            #expect(reply.status == 200, "\(command)")
        }
        try await expectNothingLeft(of: begun)
    }

    @Test("Another role")
    func role() async throws {
        let begun = try await begun()
        let input = ["id": ravi.id.raw, "role": "developer", "reason": "Takes over"]
        #expect(try await house.change("staff.update", input, as: token).status == 200)
        try await expectNothingLeft(of: begun)
    }

    @Test("Control: a rename leaves all of it")
    func rename() async throws {
        let begun = try await begun()
        let input = ["id": ravi.id.raw, "name": "Ravi K. Menon", "reason": "A wedding"]
        #expect(try await house.change("staff.update", input, as: token).status == 200)
        #expect(try await house.send("session.verify", begun.signIn).status == 200)
        #expect(try await house.open(email, device: begun.device).output(SessionView.self).token != nil)
    }
}
