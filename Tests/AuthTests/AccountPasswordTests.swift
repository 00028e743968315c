import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("Another password for an account")
struct AccountPasswordTests {
    private static let new = "nine buses at noon"
    private let email = "asha@example.com"
    private let house: AuthHouse
    private let account: Account
    private let token: String

    init() async throws {
        house = try await AuthHouse("password")
        account = try await house.add(email)
        token = try await house.session(of: account)
    }

    private func change(
        from current: String = AuthHouse.password, to password: String = new, as token: String? = nil,
        hasSteppedUp: Bool = true
    ) async throws -> CommandReply {
        if hasSteppedUp { try await house.stepUpAgain(token ?? self.token, for: .passwordChange) }
        return try await house.send(
            "account.password.change", ["currentPassword": current, "password": password], as: token ?? self.token
        )
    }

    private func expectUnchanged(_ location: SourceLocation = #_sourceLocation) async throws {
        #expect(
            try await house.account(account.id)?.passwordHash == account.passwordHash, sourceLocation: location)
        #expect(try await house.send("account.show", as: token).status == 200, sourceLocation: location)
        #expect(try await house.letters(to: email).isEmpty, sourceLocation: location)
    }

    @Test("A new token, and everything that the old password has opened is over")
    func newToken() async throws {
        let device = try await house.remembered(email)
        let token = try await house.session(of: account)
        #expect(try await house.fixture.kept.count(of: "devices") == 1)
        let reply = try await change(as: token)
        let view = try reply.output(SessionView.self)
        let next = try #require(view.token)
        #expect(view.account == account.id)
        #expect(view.device == nil)
        #expect(try await house.send("account.show", as: next).status == 200)
        #expect(try await house.send("account.show", as: token).code == "session_replaced")
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
        let letters = try await house.letters(to: email)
        #expect(letters.count == 2)
        #expect(letters.filter { $0.firstMatch(of: /[0-9]{8}/) == nil }.count == 1, "one has the code of the sign-in")
        house.fixture.clock.advance(seconds: 60)
        #expect(try await house.open(email, device: device).code == "invalid_credentials", "the old password")
        let opened = try await house.open(email, password: Self.new, device: device).output(SessionView.self)
        #expect(opened.challenge != nil, "the device needs the second factor again")
        let events = try await house.fixture.kept.rows(of: "events") { $0["kind"] == "account.updated" }
        #expect(events.map { $0.text("data") } == [#"{"fields":["password"]}"#])
    }

    @Test("The device on which it is changed can be remembered anew; the others are forgotten")
    func remember() async throws {
        let old = try await house.remembered(email)
        let token = try await house.session(of: account)
        try await house.stepUpAgain(token, for: .passwordChange)
        let input: JSONValue = [
            "currentPassword": .string(AuthHouse.password), "password": .string(Self.new), "remember": true,
        ]
        let reply = try await house.send("account.password.change", json: input, as: token)
        let device = try #require(try reply.output(SessionView.self).device)
        #expect(try await house.letters(to: email).last?.contains("Every other device needs a code") == true)
        #expect(try await house.fixture.kept.count(of: "devices") == 1)
        house.fixture.clock.advance(seconds: 60)
        let opened = try await house.open(email, password: Self.new, device: device).output(SessionView.self)
        #expect(opened.token != nil)
        #expect(try await house.open(email, password: Self.new, device: old).output(SessionView.self).challenge != nil)
    }

    @Test("It takes a step-up, without which no password is looked at")
    func stepUp() async throws {
        for current in [AuthHouse.password, "not the password"] {
            #expect(try await change(from: current, hasSteppedUp: false).code == "step_up_required")
        }
        try await house.stepUpAgain(token, for: .emailChange)
        #expect(try await change(hasSteppedUp: false).code == "step_up_required")
        try await expectUnchanged()
        let next = try #require(try await change().output(SessionView.self).token)
        let again = try await change(from: Self.new, to: "ten buses at night", as: next, hasSteppedUp: false)
        #expect(again.code == "step_up_required", "it was good once")
    }

    @Test("A wrong current password is refused and keeps the step-up; too many are refused without being looked at")
    func wrongPassword() async throws {
        for _ in 1...10 {
            let reply = try await change(from: "not the password")
            #expect(reply.status == 401)
            #expect(reply.code == "invalid_credentials")
        }
        try await expectUnchanged()
        #expect(try await house.fixture.kept.count(of: "step_ups") == 1)
        let refused = try await change()
        #expect(refused.status == 429)
        #expect(refused.code == "too_many_guesses")
        #expect((refused.retryAfter ?? 0) > 0)
        try await expectUnchanged()
        house.fixture.clock.advance(seconds: 3600)
        #expect(try await change().status == 200)
    }

    @Test("Strangers who guess at the password of the address can't keep its owner from changing it")
    func strangers() async throws {
        var codes: [String?] = []
        for _ in 1...12 { codes.append(try await house.open(email, password: "not the password").code) }
        #expect(codes.last == "too_many_guesses")
        #expect(try await change().status == 200)
    }

    @Test("Two changes at once: the second is not made with a password that is no longer the current one")
    func race() async throws {
        let service = house.service
        let (principal, fixture) = (try await house.authenticator.authenticate(token: token, from: "::1"), house.fixture)
        let context = fixture.context(principal)
        try await house.stepUpAgain(token, for: .passwordChange)
        let input = ChangePassword.Input(
            currentPassword: try ShownPassword(refining: AuthHouse.password), password: try NewPassword(refining: Self.new),
            remember: nil
        )
        // Checked, and then overtaken by a reset of the password.
        let checked = try await service.preparePasswordChange(input, context)
        let account = account
        try await fixture.work { work in try work.tx.update(account.changed(passwordHash: "another")) }
        let problem = await #expect(throws: Problem.self) {
            try await fixture.runner.run(context) { work in try service.changePassword(checked, remembers: false, in: work) }
        }
        #expect(problem?.code == .invalidCredentials)
        #expect(try await house.account(account.id)?.passwordHash == "another")
    }

    @Test(
        "What is no new password names the rule",
        arguments: [
            (AuthHouse.password, "/password"), ("password", "/password"), ("short", "/password"),
            ("asha@example.com", "/password"), (String(repeating: "x", count: 129), "/password"),
        ]
    )
    func input(password: String, pointer: String) async throws {
        let reply = try await change(to: password)
        #expect(reply.problem?.errors?.map(\.pointer) == [pointer])
        try await expectUnchanged()
        #expect(try await house.fixture.kept.count(of: "step_ups") == 1)
        // The field has the name of the worst one.
        if password != "password" { #expect(!reply.text.contains(password)) }
    }
}
