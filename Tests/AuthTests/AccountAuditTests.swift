import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("What staff do to their own account is in the audit log")
struct AccountAuditTests {
    private let email = "dev@example.com"
    private let new = "zebedee@example.org"
    private let password = "nine trams at dusk"

    @Test("Each change of how they sign in, with the fields and nothing of what stands in them")
    func own() async throws {
        let house = try await AuthHouse("account-audit")
        let (account, first) = try await house.staff(email)
        var token = first
        func step(_ purpose: StepUpPurpose) async throws {
            house.fixture.clock.advance(seconds: 60)
            try await house.stepUpAgain(token, for: purpose)
        }

        #expect(try await house.send("account.update", ["name": "Zebedee Quill"], as: token).status == 200)
        try await step(.emailChange)
        let sent = try await house.send("account.email.change", ["email": new], as: token)
            .output(ChangeEmail.Output.self)
        let confirm = ["challenge": sent.challenge, "code": try await house.code(to: new)]
        #expect(try await house.send("account.email.confirm", confirm, as: token).status == 200)
        try await step(.passwordChange)
        let change = ["currentPassword": AuthHouse.password, "password": "eight trams at dusk"]
        token = try #require(
            try await house.send("account.password.change", change, as: token).output(SessionView.self).token
        )
        let phone = try Phone(try await house.startAuthenticator(as: token).secret)
        #expect(try await house.confirm(phone.code(at: house.now), as: token).status == 200)
        for command in ["authenticator.recovery.renew", "authenticator.remove"] {
            try await step(.authenticatorChange)
            #expect((200...204).contains(try await house.send(command, as: token).status), "\(command)")
        }
        house.fixture.clock.advance(seconds: 60)
        try await reset(house)

        let (before, wish) = (#"{"role":"developer","state":"active"}"#, "at their own wish")
        let wanted = [
            ("password.reset.complete", "password"), ("authenticator.remove", "authenticator"),
            ("authenticator.recovery.renew", "recoveryCodes"), ("authenticator.confirm", "authenticator"),
            ("account.password.change", "password"), ("account.email.confirm", "email"), ("account.update", "name"),
        ].map { action, field in
            "\(account.id) | \(action) | \(account.id) | \(wish) | \(before) "
                + #"| {"fields":["\#(field)"],"role":"developer","state":"active"}"#
        }
        #expect(try await house.audit() == wanted)
        for word in ["zebedee", "quill", "trams", email] {
            #expect(try await house.fixture.kept.count(of: "audit") { $0.mentions(word) } == 0, "\(word)")
        }
    }

    /// Sets another password by a reset, as nobody who is signed in.
    private func reset(_ house: AuthHouse) async throws {
        let sent = try await house.send("password.reset.start", ["email": new]).output(AuthHouse.Challenge.self)
        let right = try await house.send(
            "password.reset.verify", ["challenge": sent.challenge, "code": try await house.code(to: new)]
        ).output(VerifyPasswordReset.Output.self).reset
        let completed = try await house.send("password.reset.complete", ["reset": right, "password": password])
        #expect(completed.status == 200)
    }

    @Test("What riders do to theirs is not, and what changes nothing is nobody's")
    func others() async throws {
        let house = try await AuthHouse("account-audit")
        let rider = try await house.session(of: try await house.add("asha@example.com"))
        #expect(try await house.send("account.update", ["name": "Asha Rao"], as: rider).status == 200)
        let (_, staff) = try await house.staff(email)
        #expect(try await house.send("account.update", ["name": "Somebody"], as: staff).status == 200)
        #expect(try await house.audit() == [])
    }
}
