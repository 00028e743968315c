import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing
import Wallet

@testable import Auth

@Suite("Deleting an account")
struct ErasureTests {
    private let email = "asha@example.com"
    private let house: AuthHouse
    private let account: Account
    private let token: String

    init() async throws {
        house = try await AuthHouse("erasure")
        account = try await house.add(email)
        token = try await house.session(of: account)
    }

    private func delete(moneyTo taker: String? = nil, as token: String? = nil) async throws -> CommandReply {
        try await house.stepUpAgain(token ?? self.token, for: .accountDeletion)
        return try await house.sendKeyed("account.delete", taker.map { ["moneyTo": $0] } ?? [:], as: token ?? self.token)
    }

    private func expectWhole(_ location: SourceLocation = #_sourceLocation) async throws {
        let findings = try await house.fixture.read { snapshot in
            try LedgerCheck.run(snapshot).findings + SessionCheck.run(snapshot).findings
        }
        #expect(try await house.fixture.findings() + findings == [], sourceLocation: location)
    }

    @Test("Whoever deletes an account and registers again is welcomed, but not with money")
    func welcomedOnce() async throws {
        #expect(try await delete(moneyTo: "operator").status == 204)
        let granted = try await balance(of: .grants)
        #expect(granted < 0)
        house.fixture.clock.advance(seconds: 3600)
        let again = try await house.complete(try await house.grant(email)).output(SessionView.self)
        let rider = try #require(again.account)
        #expect(try await house.fixture.balance(rider) == 0)
        #expect(try await balance(of: .grants) == granted)
        // Control: another address is given it.
        let other = try await house.complete(try await house.grant("ravi@example.com")).output(SessionView.self)
        #expect(try await house.fixture.balance(try #require(other.account)) == house.fixture.ledger.welcomeCredit)
        try await expectWhole()
    }

    private func balance(of purpose: LedgerAccount.Purpose) async throws -> Int64 {
        let ledger = house.fixture.ledger
        return try await house.fixture.read { try ledger.balance(of: purpose, in: $0) }
    }

    @Test("Money has to go somewhere first")
    func money() async throws {
        let reply = try await delete()
        #expect(reply.status == 409)
        #expect(reply.code == "account_has_money")
        #expect(reply.problem?.detail.contains("40000 (minor units of INR)") == true)
        #expect(reply.problem?.detail.contains("moneyTo") == true)
        #expect(try await house.account(account.id)?.state == .active)
        #expect(try await house.send("account.show", as: token).status == 200)
        #expect(try await house.fixture.kept.count(of: "step_ups") == 1, "the step-up is kept")
        #expect(try await house.letters(to: email).isEmpty)
    }

    @Test("To the operator: it is neither a fare nor a credit taken back, and the ledger stays whole")
    func toOperator() async throws {
        #expect(try await delete(moneyTo: "operator").status == 204)
        #expect(try await house.fixture.balance(account.id) == 0)
        #expect(try await balance(of: .forfeits) == 40_000)
        #expect(try await balance(of: .fares) == 0)
        let entry = try await house.fixture.kept.row(of: "journal") { $0["kind"] == "closing" }
        #expect(entry.texts("reference", "actor") == "\(account.id) \(account.id)")
        try await expectWhole()
    }

    @Test("To another rider")
    func toRider() async throws {
        let heir = try await house.add("ravi@example.com")
        #expect(try await delete(moneyTo: heir.id.raw).status == 204)
        #expect(try await house.fixture.balance(account.id) == 0)
        #expect(try await house.fixture.balance(heir.id) == 80_000)
        try await expectWhole()
    }

    @Test("Nobody else can take it", arguments: ["own", "nobody", "staff", "suspended", "closed", "no id", "Operator"])
    func takers(taker: String) async throws {
        let staff = try await house.add("staff@example.com", role: .developer)
        let suspended = try await house.add("suspended@example.com", state: .suspended)
        let closed = try await house.add("closed@example.com", state: .closed)
        let id = ["own": account.id, "staff": staff.id, "suspended": suspended.id, "closed": closed.id][taker]?.raw
        let reply = try await delete(moneyTo: id ?? taker)
        #expect(reply.status == 422)
        #expect(reply.problem?.errors?.map(\.pointer) == ["/moneyTo"])
        #expect(try await house.account(account.id)?.state == .active)
        #expect(try await house.fixture.balance(account.id) == 40_000)
        try await expectWhole()
    }

    @Test("It takes a step-up of its own")
    func stepUp() async throws {
        let input = ["moneyTo": "operator"]
        #expect(try await house.sendKeyed("account.delete", input, as: token).code == "step_up_required")
        try await house.stepUpAgain(token, for: .emailChange)
        #expect(try await house.sendKeyed("account.delete", input, as: token).code == "step_up_required")
        #expect(try await house.account(account.id)?.state == .active)
        house.fixture.clock.advance(seconds: 60)
        try await house.stepUp(.accountDeletion, as: token)
        #expect(try await house.sendKeyed("account.delete", input, as: token).status == 204)
    }

    @Test("Nobody can sign in any more: token, password, device, codes that are under way")
    func shut() async throws {
        let device = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let code = try await house.code(to: email)
        house.fixture.clock.advance(seconds: 60)
        let reset = try await house.send("password.reset.start", ["email": email]).output(AuthHouse.Challenge.self)
        let resetCode = try await house.code(to: email)
        let token = try await house.session(of: account)
        let principal = try await house.authenticator.authenticate(token: token, from: "192.0.2.1")
        #expect(try await delete(moneyTo: "operator", as: token).status == 204)

        #expect(try await house.send("account.show", as: token).code == "session_revoked", "nobody has signed in")
        #expect(try await house.open(email).code == "invalid_credentials")
        #expect(try await house.open(email, device: device).code == "invalid_credentials")
        let verify = ["challenge": challenge, "code": code]
        #expect(try await house.send("session.verify", verify).code == "code_expired")
        let verifyReset = ["challenge": reset.challenge, "code": resetCode]
        #expect(try await house.send("password.reset.verify", verifyReset).code == "code_expired")
        // Nor can what was under way with the old session.
        let (service, context) = (house.service, house.fixture.context(principal))
        await #expect(throws: Problem.self) {
            try await house.fixture.runner.run(context) { work in try service.ownAccount(in: work) }
        }
        let sessions = try await house.fixture.kept.count(of: "sessions") { $0["ending"] == .null }
        #expect(sessions == 0)
    }

    @Test("Name, address and roll number are in no table any more, but for the letter of farewell")
    func erased() async throws {
        // Everything that an account can leave behind.
        let grant = try await house.grant("meera.unusual@example.com")
        let input = [
            "registration": grant, "name": "Meera Unusual", "rollNumber": "ROLL-UNUSUAL", "password": AuthHouse.password,
        ]
        let view = try await house.send("registration.complete", input).output(SessionView.self)
        let (id, token) = (try #require(view.account), try #require(view.token))
        house.fixture.clock.advance(seconds: 60)
        _ = try await house.open("meera.unusual@example.com")
        house.fixture.clock.advance(seconds: 60)
        let reset = try await house.send("password.reset.start", ["email": "meera.unusual@example.com"])
            .output(AuthHouse.Challenge.self)
        let answer = ["challenge": reset.challenge, "code": try await house.code(to: "meera.unusual@example.com")]
        #expect(try await house.send("password.reset.verify", answer).status == 200)
        try await house.stepUpAgain(token, for: .emailChange)
        let change = ["email": "meera.else@example.com"]
        #expect(try await house.send("account.email.change", change, as: token).status == 202)
        try await house.stepUpAgain(token, for: .staffChange)
        try await house.fixture.work { work in
            try work.tx.put(
                RememberedDevice(
                    id: work.context.makeID(), account: id, secret: SHA256.digest([1]), previous: nil,
                    firstUsedAt: work.context.now, lastUsedAt: work.context.now
                )
            )
            try work.tx.put(
                AuthenticatorApp(
                    account: id, sealedSecret: [1], confirmedAt: nil, lastStep: 0, recoveryCodes: [SHA256.digest([2])]
                )
            )
        }
        // A control: it is all there before.
        #expect(try await mentions(of: "unusual") == ["accounts", "code_challenges", "grants", "mail_outbox"])
        try await house.fixture.kept.remove(from: "mail_outbox") { _ in true }

        #expect(try await delete(moneyTo: "operator", as: token).status == 204)
        #expect(try await mentions(of: "unusual") == ["mail_outbox"])
        #expect(try await mentions(of: "meera") == ["mail_outbox"])
        #expect(try await house.letters(to: "meera.unusual@example.com").count == 1)
        for table in ["devices", "authenticators", "step_ups"] {
            #expect(try await house.fixture.kept.count(of: table) { $0.text("account") == id.raw } == 0, "\(table)")
        }
        let kept = try #require(try await house.account(id))
        #expect(kept.state == .closed)
        #expect(kept.name == Account.erasedName)
        #expect(kept.rollNumber == nil)
        #expect(kept.email.raw.hasSuffix("@erased.invalid"))
        #expect(!(try Argon2id.verify(Array(AuthHouse.password.utf8), against: kept.passwordHash)))
        let event = try await house.fixture.kept.row(of: "events") { $0["kind"] == "account.deleted" }
        #expect(event.texts("actor", "subject", "data") == #"\#(id) \#(id) {"role":"rider"}"#)
        try await expectWhole()
    }

    /// The tables in which a text stands, in whatever column, in upper or lower case.
    private func mentions(of text: String) async throws -> [String] {
        let tables = [
            "accounts", "sessions", "devices", "authenticators", "code_challenges", "grants", "step_ups", "events", "audit",
            "idempotency", "settings", "mail_outbox", "journal", "postings", "ledger_accounts", "bookings",
        ]
        var found: [String] = []
        for table in tables where try await house.fixture.kept.count(of: table, where: { $0.mentions(text) }) > 0 {
            found.append(table)
        }
        return found.sorted()
    }

    @Test("Of its sessions the last one is left, whose token is told what became of it")
    func sessions() async throws {
        house.fixture.clock.advance(seconds: 60)
        let second = try await house.session(of: account)
        let last = try #require(try await house.send("session.refresh", as: second).output(SessionView.self).token)
        let id = account.id.raw
        #expect(try await house.fixture.kept.count(of: "sessions") { $0.text("account") == id } == 3)
        let other = try await house.session(of: try await house.add("ravi@example.com"))
        #expect(try await delete(moneyTo: "operator", as: last).status == 204)

        let kept = try await house.fixture.kept.row(of: "sessions") { $0.text("account") == id }
        #expect(kept["ending"] == "revoked")
        #expect(try await house.send("account.show", as: last).code == "session_revoked")
        for token in [token, second] { #expect(try await house.send("account.show", as: token).code == "not_signed_in") }
        #expect(try await house.send("account.show", as: other).status == 200)
    }

    @Test("The address may be registered again, as another account")
    func again() async throws {
        #expect(try await delete(moneyTo: "operator").status == 204)
        let reply = try await house.complete(try await house.grant(email))
        #expect(reply.status == 201)
        let second = try #require(try reply.output(SessionView.self).account)
        #expect(second != account.id)
        #expect(try await house.fixture.balance(second) == 0, "a mailbox is welcomed once")
        // And once more: what is left of the two does not collide.
        let token = try #require(try reply.output(SessionView.self).token)
        #expect(try await delete(moneyTo: "operator", as: token).status == 204)
        #expect(try await house.fixture.kept.count(of: "accounts") { $0["state"] == "closed" } == 2)
        try await expectWhole()
    }

    @Test("Staff delete themselves without a word about money; the last god admin can't")
    func staff() async throws {
        let god = try await house.add("god@example.com", role: .godAdmin)
        let conductor = try await house.add("conductor@example.com", role: .conductor)
        let godToken = try await house.session(of: god)
        let refused = try await delete(as: godToken)
        #expect(refused.code == "last_god_admin")
        #expect(try await house.send("account.show", as: godToken).status == 200)
        #expect(try await delete(as: try await house.session(of: conductor)).status == 204)
        try await house.add("second@example.com", role: .godAdmin)
        #expect(try await delete(as: godToken).status == 204)
        #expect(try await house.account(god.id)?.state == .closed)
    }

    @Test("Deleted twice at once: once done, the money moves once")
    func race() async throws {
        try await house.stepUpAgain(token, for: .accountDeletion)
        let (house, token) = (house, token)
        let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
            for _ in 0..<8 {
                group.addTask { try await house.sendKeyed("account.delete", ["moneyTo": "operator"], as: token) }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(replies.filter { $0.status == 204 }.count == 1)
        #expect(replies.filter { $0.status == 401 }.count == 7)
        #expect(try await balance(of: .forfeits) == 40_000)
        try await expectWhole()
    }

    @Test("Two riders who leave their money to each other and go at once: none of it is lost")
    func eachOther() async throws {
        let house = house
        for round in 0..<10 {
            let riders = [
                try await house.add("one\(round)@example.com"), try await house.add("two\(round)@example.com"),
            ]
            var tokens: [String] = []
            for rider in riders {
                tokens.append(try await house.session(of: rider))
                try await house.stepUpAgain(tokens[tokens.count - 1], for: .accountDeletion)
            }
            let replies = try await withThrowingTaskGroup(of: CommandReply.self) { [tokens] group in
                for (rider, token) in zip(riders.reversed(), tokens) {
                    group.addTask { try await house.sendKeyed("account.delete", ["moneyTo": rider.id.raw], as: token) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            // Whoever comes second finds the other one gone.
            #expect(replies.map(\.status).sorted() == [204, 422])
            var balances: [Int64?] = []
            for rider in riders { balances.append(try await house.fixture.balance(rider.id)) }
            #expect(balances.compactMap(\.self).sorted() == [0, 80_000])
        }
        try await expectWhole()
    }
}
