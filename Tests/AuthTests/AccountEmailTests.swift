import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("Another address for an account")
struct AccountEmailTests {
    private let email = "asha@example.com"
    private let new = "asha@example.org"
    private let house: AuthHouse
    private let account: Account
    private let token: String

    init() async throws {
        house = try await AuthHouse("email")
        account = try await house.add(email)
        token = try await house.session(of: account)
    }

    private func change(to address: String) async throws -> CommandReply {
        try await house.stepUpAgain(token, for: .emailChange)
        return try await house.send("account.email.change", ["email": address], as: token)
    }

    private func confirm(_ challenge: String, _ code: String, as token: String? = nil) async throws -> CommandReply {
        try await house.send("account.email.confirm", ["challenge": challenge, "code": code], as: token ?? self.token)
    }

    private func challenge(to address: String) async throws -> String {
        try await change(to: address).output(ChangeEmail.Output.self).challenge
    }

    @Test("A code goes to the new address, and the old one is told of the change")
    func change() async throws {
        let reply = try await change(to: new)
        #expect(reply.status == 202)
        let sent = try reply.output(ChangeEmail.Output.self)
        #expect(sent.expiresAt == house.fixture.clock.now().adding(seconds: 300))
        #expect(try await house.letters(to: email).isEmpty)
        #expect(try await house.account(account.id)?.email.raw == email, "not yet")

        let view = try await confirm(sent.challenge, try await house.code(to: new)).output(AccountView.self)
        #expect(view.email.raw == new)
        let letters = try await house.letters(to: email)
        #expect(letters.count == 1)
        #expect(letters.first?.contains(new) == false)
        #expect(try await house.send("account.show", as: token).status == 200, "the session goes on")
        #expect(try await house.open(email).code == "invalid_credentials")
        #expect(try await house.open(new).output(SessionView.self).challenge != nil)
        #expect(try await confirm(sent.challenge, try await house.code(to: new)).code == "code_expired", "once")
        let events = try await house.fixture.kept.rows(of: "events") { $0["kind"] == "account.updated" }
        #expect(events.map { $0.text("data") } == [#"{"fields":["email"]}"#])
    }

    @Test("It takes a step-up of its own kind, once")
    func stepUp() async throws {
        #expect(try await house.send("account.email.change", ["email": new], as: token).code == "step_up_required")
        try await house.stepUpAgain(token, for: .passwordChange)
        #expect(try await house.send("account.email.change", ["email": new], as: token).code == "step_up_required")
        #expect(try await house.letters(to: new).isEmpty)
        #expect(try await change(to: new).status == 202)
        let again = try await house.send("account.email.change", ["email": "other@example.org"], as: token)
        #expect(again.code == "step_up_required")
    }

    @Test("With the mailed code of the step-up, as a client does it")
    func wholeWay() async throws {
        try await house.stepUp(.emailChange, as: token)
        let sent = try await house.send("account.email.change", ["email": new], as: token).output(ChangeEmail.Output.self)
        #expect(try await confirm(sent.challenge, try await house.code(to: new)).status == 200)
    }

    @Test("An address that has an account gets a letter, and whoever asks the same answers")
    func taken() async throws {
        let other = try await house.add("ravi@example.com")
        let free = try await change(to: new)
        house.fixture.clock.advance(seconds: 60)
        let taken = try await change(to: "ravi@example.com")
        #expect(taken.status == free.status)
        let (freeView, takenView) = (
            try free.output(ChangeEmail.Output.self), try taken.output(ChangeEmail.Output.self)
        )
        #expect(takenView.challenge.utf8.count == freeView.challenge.utf8.count)
        let letters = try await house.letters(to: "ravi@example.com")
        #expect(letters.count == 1)
        #expect(letters.first?.firstMatch(of: /[0-9]{8}/) == nil)

        let wrong = try await house.wrongCode(to: new)
        let replies = [try await confirm(freeView.challenge, wrong), try await confirm(takenView.challenge, wrong)]
        #expect(Set(replies.map(\.text)).count == 1)
        #expect(replies[0].code == "invalid_code")
        #expect(try await house.account(account.id)?.email.raw == email)
        #expect(try await house.account(other.id)?.email.raw == "ravi@example.com")
    }

    @Test("An address that is registered while the code is under way is refused, and nothing changes")
    func takenMeanwhile() async throws {
        let challenge = try await challenge(to: new)
        let code = try await house.code(to: new)
        try await house.add(new)
        let reply = try await confirm(challenge, code)
        #expect(reply.status == 409)
        #expect(reply.code == "account_exists")
        #expect(try await house.account(account.id)?.email.raw == email)
        #expect(try await house.letters(to: email).isEmpty)
    }

    @Test("Two accounts that confirm one address at once: one gets it")
    func race() async throws {
        let other = try await house.add("ravi@example.com")
        let otherToken = try await house.session(of: other)
        let first = (try await challenge(to: new), try await house.code(to: new), token)
        house.fixture.clock.advance(seconds: 60)
        try await house.stepUpAgain(otherToken, for: .emailChange)
        let sent = try await house.send("account.email.change", ["email": new], as: otherToken)
            .output(ChangeEmail.Output.self)
        let second = (sent.challenge, try await house.code(to: new), otherToken)
        let house = house
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for (challenge, code, token) in [first, second] {
                group.addTask {
                    try await house.send(
                        "account.email.confirm", ["challenge": challenge, "code": code], as: token
                    )
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(Set(replies.map(\.status)) == [200, 409])
        #expect(replies.compactMap(\.code) == ["account_exists"])
    }

    @Test("The code is good for the session that asked for it, for its purpose and its account")
    func binding() async throws {
        let sent = try await challenge(to: new)
        let code = try await house.code(to: new)
        let stranger = try await house.session(of: try await house.add("ravi@example.com"))
        #expect(try await confirm(sent, code, as: stranger).code == "code_expired")
        let registration = ["challenge": sent, "code": code]
        #expect(try await house.send("registration.verify", registration).code == "code_expired")
        // A new sign-in of the same account is another session.
        let later = try await house.session(of: account)
        #expect(try await confirm(sent, code, as: later).code == "code_expired")
        #expect(try await house.account(account.id)?.email.raw == email)
    }

    @Test("Wrong codes are counted, though they are refused")
    func wrongCodes() async throws {
        let sent = try await challenge(to: new)
        let wrong = try await house.wrongCode(to: new)
        for _ in 1...4 { #expect(try await confirm(sent, wrong).code == "invalid_code") }
        #expect(try await confirm(sent, wrong).code == "code_expired")
        #expect(try await confirm(sent, try await house.code(to: new)).code == "code_expired")
        #expect(try await house.account(account.id)?.email.raw == email)
    }

    @Test(
        "What is no address to change to names the rule, and keeps the step-up",
        arguments: ["asha@example.com", "ASHA@example.com", "nobody", "\u{430}sha@example.org", ""]
    )
    func input(address: String) async throws {
        let reply = try await change(to: address)
        #expect(reply.problem?.errors?.map(\.pointer) == ["/email"])
        #expect(try await house.fixture.kept.count(of: "code_challenges") == 0)
        #expect(try await house.fixture.kept.count(of: "mail_outbox") == 0)
        #expect(try await house.fixture.kept.count(of: "step_ups") == 1)
    }

    @Test("A refusal because of too many mails keeps the step-up")
    func tooManyMails() async throws {
        #expect(try await change(to: new).status == 202)
        #expect(try await change(to: new).code == "too_many_mails")
        #expect(try await house.fixture.kept.count(of: "step_ups") == 1)
        house.fixture.clock.advance(seconds: 60)
        #expect(try await house.send("account.email.change", ["email": new], as: token).status == 202)
    }

    @Test("Riders stay within the domains of registration, staff need not")
    func domains() async throws {
        var configuration = AuthConfiguration()
        configuration.registrationDomains = ["example.com"]
        let house = try await AuthHouse("email-domains", configuration: configuration)
        for role in [Role.rider, .developer] {
            let token = try await house.session(of: try await house.add("\(role.rawValue)@example.com", role: role))
            try await house.stepUpAgain(token, for: .emailChange)
            let address = "\(role.rawValue)@example.org"
            let reply = try await house.send("account.email.change", ["email": address], as: token)
            #expect(reply.status == (role == .rider ? 422 : 202))
            #expect(reply.violations == (role == .rider ? ["/email must be an address of: example.com"] : []))
        }
    }
}
