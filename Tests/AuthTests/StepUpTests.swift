import CommandBus
import Support
import Testing

@testable import Auth

@Suite("Step-up")
struct StepUpTests {
    private let email = "asha@example.com"

    @Test("A fresh code gives the session the right to one command of its purpose, for five minutes")
    func wholeWay() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email)
        let started = try await house.send("stepup.start", ["purpose": "password_change"], as: token)
        #expect(started.status == 202)
        let output = try started.output(StartStepUp.Output.self)
        #expect(output.factor == .mail)
        #expect(output.expiresAt == house.fixture.clock.now().adding(seconds: 300))
        await #expect(throws: Problem.stepUpRequired(.passwordChange)) {
            try await house.spend(.passwordChange, as: principal)
        }
        #expect(try #require(try await house.letters(to: email).last).contains("change your password"))

        let verified = try await house.verify(output.challenge, try await house.code(to: email), as: token)
        #expect(verified.status == 200)
        let granted = try verified.output(VerifyStepUp.Output.self)
        #expect(granted.purpose == .passwordChange)
        #expect(granted.expiresAt == house.fixture.clock.now().adding(seconds: 300))

        await #expect(throws: Problem.stepUpRequired(.emailChange)) { try await house.spend(.emailChange, as: principal) }
        try await house.spend(.passwordChange, as: principal)
        await #expect(throws: Problem.stepUpRequired(.passwordChange)) {
            try await house.spend(.passwordChange, as: principal)
        }
        #expect(try await house.fixture.kept.count(of: "step_ups") == 0)
    }

    @Test("A command that is refused for something else gives the step-up back")
    func undone() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email)
        try await house.stepUp(.emailChange, as: token)
        let stepUps = house.service.stepUps
        await #expect(throws: Problem.accountExists) {
            try await house.fixture.runner.run(house.fixture.context(principal)) { work in
                try stepUps.spend(.emailChange, in: work)
                throw Problem.accountExists
            }
        }
        try await house.spend(.emailChange, as: principal)
    }

    @Test("Five minutes, to the millisecond")
    func lifetime() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email)
        try await house.stepUp(.accountDeletion, as: token)
        house.fixture.clock.advance(milliseconds: 300_000)
        await #expect(throws: Problem.stepUpRequired(.accountDeletion)) {
            try await house.spend(.accountDeletion, as: principal)
        }
        house.fixture.clock.advance(milliseconds: -1)
        try await house.spend(.accountDeletion, as: principal)
    }

    @Test("Its lifetime is a setting")
    func setting() async throws {
        var configuration = AuthConfiguration()
        configuration.stepUpLifetime = 30
        let house = try await AuthHouse(configuration: configuration)
        let (token, principal) = try await house.signedIn(email)
        try await house.stepUp(.emailChange, as: token)
        house.fixture.clock.advance(seconds: 30)
        await #expect(throws: Problem.stepUpRequired(.emailChange)) { try await house.spend(.emailChange, as: principal) }
    }

    @Test("A clock that is set back makes a step-up last no longer")
    func clockSetBack() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email)
        try await house.stepUp(.emailChange, as: token)
        house.fixture.clock.advance(milliseconds: -60_001)
        await #expect(throws: Problem.stepUpRequired(.emailChange)) { try await house.spend(.emailChange, as: principal) }
        house.fixture.clock.advance(milliseconds: 1)
        try await house.spend(.emailChange, as: principal)
    }

    @Test("Two commands at once: one of them has the step-up")
    func race() async throws {
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email)
        for _ in 0..<5 {
            try await house.stepUp(.passwordChange, as: token)
            let passed = await withTaskGroup(of: Bool.self) { group in
                for _ in 0..<8 {
                    group.addTask { (try? await house.spend(.passwordChange, as: principal)) != nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(passed == 1)
            house.fixture.clock.advance(seconds: 800)
        }
    }

    @Test("The challenge and the right are the session's own: neither another account nor the next sign-in has them")
    func otherSessions() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let (strangers, _) = try await house.signedIn("other@example.com")
        try await house.stepUp(.emailChange, as: token)
        house.fixture.clock.advance(seconds: 60)
        let challenge = try await house.startStepUp("password_change", as: token)
        let code = try await house.code(to: email)
        #expect(try await house.verify(challenge, code, as: strangers).code == "code_expired")

        let next = try await house.session(of: account)
        #expect(try await house.verify(challenge, code, as: token).status == 401)
        #expect(try await house.verify(challenge, code, as: next).code == "code_expired")
        let open = try await house.bus.authenticate(token: next, from: "192.0.2.1")
        await #expect(throws: Problem.stepUpRequired(.emailChange)) { try await house.spend(.emailChange, as: open) }
        await #expect(throws: Problem.stepUpRequired(.passwordChange)) {
            try await house.spend(.passwordChange, as: open)
        }
        // Nobody's try was counted, and the code was not used up.
        for row in try await house.fixture.kept.rows(of: "code_challenges") { #expect(row.integer("failures") == 0) }
    }

    @Test(
        "What a role has no command for, it can't step up for; nothing is sent then",
        arguments: [
            (Role.rider, StepUpPurpose.staffChange), (.rider, .authenticatorChange), (.conductor, .staffChange),
            (.developer, .staffChange), (.rider, .riderChange), (.conductor, .riderChange),
        ]
    )
    func roles(role: Role, purpose: StepUpPurpose) async throws {
        let house = try await AuthHouse()
        let (token, _) = try await house.signedIn(email, role: role)
        let reply = try await house.send("stepup.start", ["purpose": purpose.rawValue], as: token)
        #expect(reply.status == 403)
        #expect(reply.code == "not_allowed")
        #expect(try await house.letters(to: email).isEmpty)
        #expect(try await house.fixture.kept.count(of: "code_challenges") == 0)
    }

    @Test("What a role has commands for, it can step up for")
    func allowed() async throws {
        let open: [Role: Set<StepUpPurpose>] = [
            .rider: [.emailChange, .passwordChange, .accountDeletion],
            .conductor: [.emailChange, .passwordChange, .accountDeletion, .authenticatorChange],
            .developer: [.emailChange, .passwordChange, .accountDeletion, .authenticatorChange, .riderChange],
            .godAdmin: Set(StepUpPurpose.allCases),
        ]
        for role in Role.allCases {
            #expect(Set(StepUpPurpose.allCases.filter { $0.isOpen(to: role) }) == open[role])
        }
        let house = try await AuthHouse()
        let (token, principal) = try await house.signedIn(email, role: .godAdmin)
        try await house.stepUp(.staffChange, as: token)
        try await house.spend(.staffChange, as: principal)
    }

    @Test("Nobody steps up who is not signed in; a word that is no purpose is named")
    func badInput() async throws {
        let house = try await AuthHouse()
        #expect(try await house.send("stepup.start", ["purpose": "email_change"]).status == 401)
        #expect(try await house.verify(String(repeating: "A", count: 43), "12345678", as: nil).status == 401)
        let (token, _) = try await house.signedIn(email)
        for word in ["sign_in", "registration", "", "Email_change"] {
            let reply = try await house.send("stepup.start", ["purpose": word], as: token)
            #expect(reply.status == 422)
            #expect(reply.violations.first?.hasPrefix("/purpose must be one of: email_change") == true)
        }
        let code = try await house.verify(String(repeating: "A", count: 43), "1234567", as: token)
        #expect(code.violations.first?.hasPrefix("/code must be the 8 digits") == true)
        let unknown = try await house.verify(String(repeating: "A", count: 43), "12345678", as: token)
        #expect(unknown.code == "code_expired")
        #expect(try await house.fixture.kept.count(of: "code_challenges") == 0)
    }

    @Test("Wrong answers to step-ups are counted together, and don't keep the owner from signing in")
    func failures() async throws {
        let house = try await AuthHouse()
        let (token, _) = try await house.signedIn(email)
        for purpose in ["email_change", "password_change"] {
            let challenge = try await house.startStepUp(purpose, as: token)
            let wrong = try await house.wrongCode(to: email)
            for _ in 0..<4 { #expect(try await house.verify(challenge, wrong, as: token).code == "invalid_code") }
            #expect(try await house.verify(challenge, wrong, as: token).code == "code_expired")
            house.fixture.clock.advance(seconds: 60)
        }
        let third = try await house.startStepUp("account_deletion", as: token)
        #expect(try await house.verify(third, try await house.code(to: email), as: token).code == "too_many_tries")
        // Whoever stole the token has used up its step-ups: it is the owner's new sign-in that puts an end to it.
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let answer = ["challenge": challenge, "code": try await house.code(to: email)]
        #expect(try await house.send("session.verify", answer).status == 200)
        #expect(try await house.send("session.show", as: token).code == "session_replaced")
    }

    @Test("In maintenance staff step up, and riders don't")
    func maintenance() async throws {
        let house = try await AuthHouse()
        let (rider, _) = try await house.signedIn(email)
        let (staff, principal) = try await house.signedIn("staff@example.com", role: .godAdmin)
        let challenge = try await house.startStepUp("email_change", as: rider)
        let answer = try await house.code(to: email)
        house.maintenance.set(MaintenanceState(on: true, reason: "New buses.", since: nil))
        for reply in [
            try await house.send("stepup.start", ["purpose": "email_change"], as: rider),
            try await house.verify(challenge, answer, as: rider),
        ] {
            #expect(reply.status == 503)
            #expect(reply.code == "maintenance")
        }
        try await house.stepUp(.staffChange, as: staff)
        try await house.spend(.staffChange, as: principal)
        // The refusal has not used up the code.
        house.maintenance.set(.off)
        #expect(try await house.verify(challenge, answer, as: rider).status == 200)
    }
}

extension AuthHouse {
    /// Makes an account and opens a session of it, behind the sign-in's back.
    func signedIn(_ email: String, role: Role = .rider) async throws -> (token: String, principal: Principal) {
        let token = try await session(of: try await add(email, role: role))
        return (token, try await bus.authenticate(token: token, from: "192.0.2.1"))
    }

    /// Uses a step-up up, as the command that it is for would.
    func spend(_ purpose: StepUpPurpose, as principal: Principal) async throws {
        let stepUps = service.stepUps
        try await fixture.runner.run(fixture.context(principal)) { work in try stepUps.spend(purpose, in: work) }
    }

    func startStepUp(_ purpose: String, as token: String) async throws -> String {
        try await send("stepup.start", ["purpose": purpose], as: token).output(StartStepUp.Output.self).challenge
    }

    func verify(_ challenge: String, _ code: String, as token: String?) async throws -> CommandReply {
        try await send("stepup.verify", ["challenge": challenge, "code": code], as: token)
    }
}
