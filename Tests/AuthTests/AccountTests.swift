import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("One's own account")
struct AccountTests {
    private let email = "asha@example.com"

    @Test("It is shown with everything that its owner may know")
    func show() async throws {
        let house = try await AuthHouse("account")
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let reply = try await house.send("account.show", as: token)
        let view = try reply.output(AccountView.self)
        #expect(view.id == account.id)
        #expect(view.email.raw == email)
        #expect(view.name == "Somebody")
        #expect(view.rollNumber == "1")
        #expect(view.role == .rider)
        #expect(view.state == .active)
        #expect(view.createdAt == account.createdAt)
        #expect(view.secondFactor == .mail)
        #expect(view.sessionExpiresAt == house.fixture.clock.now().adding(seconds: 30 * 24 * 3600))
        #expect(!reply.text.contains("argon2"))
        #expect(try await house.send("account.show").code == "not_signed_in")
    }

    @Test("A name and a roll number are changed, one without the other, and the event log says which")
    func update() async throws {
        let house = try await AuthHouse("account")
        let token = try await house.session(of: try await house.add(email))
        let renamed = try await house.send("account.update", ["name": "  Asha Rao "], as: token).output(AccountView.self)
        #expect(renamed.name == "Asha Rao")
        #expect(renamed.rollNumber == "1")
        let numbered = try await house.send("account.update", ["rollNumber": "2026-CS-042"], as: token)
            .output(AccountView.self)
        #expect(numbered.name == "Asha Rao")
        #expect(numbered.rollNumber == "2026-CS-042")
        #expect(try await house.send("account.show", as: token).output(AccountView.self).rollNumber == "2026-CS-042")
        let events = try await house.fixture.kept.rows(of: "events") { $0["kind"] == "account.updated" }
        #expect(Set(events.map { $0.text("data") }) == [#"{"fields":["name"]}"#, #"{"fields":["rollNumber"]}"#])
    }

    @Test(
        "What is no change, or breaks a rule, names the field and leaves nothing",
        arguments: [
            ([:], ""), (["name": ""], "/name"), (["name": "a\u{7}b"], "/name"),
            (["name": String(repeating: "x", count: 81)], "/name"), (["rollNumber": " "], "/rollNumber"),
            (["name": "Asha", "email": "other@example.com"], "/email"), (["role": "god_admin"], "/role"),
        ] as [([String: String], String)]
    )
    func updateInput(input: [String: String], pointer: String) async throws {
        let house = try await AuthHouse("account")
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let reply = try await house.send("account.update", input, as: token)
        #expect(reply.code == "invalid_input")
        #expect(reply.problem?.errors?.map(\.pointer) == [pointer])
        let kept = try #require(try await house.fixture.read { try $0.account(account.id) })
        #expect(kept.name == account.name && kept.rollNumber == account.rollNumber && kept.role == .rider)
        #expect(try await house.fixture.kept.count(of: "events") { $0["kind"] == "account.updated" } == 0)
    }

    @Test("Staff have no roll number, and no wallet for one")
    func staff() async throws {
        let house = try await AuthHouse("account")
        let token = try await house.session(of: try await house.add(email, role: .conductor))
        let reply = try await house.send("account.update", ["name": "Ravi", "rollNumber": "1"], as: token)
        #expect(reply.problem?.errors?.map(\.pointer) == ["/rollNumber"])
        #expect(try await house.send("account.show", as: token).output(AccountView.self).name == "Somebody")
        #expect(try await house.send("account.update", ["name": "Ravi"], as: token).status == 200)
    }

    /// A token is checked before the unit of work begins; the work itself looks once more.
    @Test("A change that was on its way when the session ended is refused", arguments: [false, true])
    func staleSession(isShut: Bool) async throws {
        let house = try await AuthHouse("account")
        let account = try await house.add(email)
        let token = try await house.session(of: account)
        let old = try await house.authenticator.authenticate(token: token, from: "192.0.2.1")
        if isShut {
            let service = house.service
            try await house.fixture.work { work in
                try work.tx.update(account.changed(state: .suspended))
                try service.sessions.revoke(account.id, in: work)
            }
        } else {
            _ = try await house.session(of: account)
        }
        let service = house.service
        let (context, runner) = (house.fixture.context(old), house.fixture.runner)
        let input = UpdateAccount.Input(name: try Text(refining: "Somebody else"), rollNumber: nil)
        let problem = await #expect(throws: Problem.self) {
            try await runner.run(context) { work in try service.updateAccount(input, in: work) }
        }
        #expect(problem?.code.status == 401)
        #expect((problem?.code == .sessionReplaced) == !isShut)
        #expect(try await house.fixture.read { try $0.account(account.id) }?.name == "Somebody")
    }
}
