import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("What staff mend of a rider")
struct RiderUpdateTests {
    private let email = "asha@example.com"
    private let new = "asha@example.org"
    private let house: AuthHouse
    private let rider: Account
    private let developer: Account
    private let staff: String

    init() async throws {
        house = try await AuthHouse("rider-update")
        rider = try await house.add(email)
        developer = try await house.add("developer@example.com", role: .developer)
        staff = try await house.session(of: developer)
    }

    private func update(
        _ changes: [String: String], of id: AccountID? = nil, key: String = UUID().uuidString, hasSteppedUp: Bool = true
    ) async throws -> CommandReply {
        if hasSteppedUp { try await house.stepUpAgain(staff, for: .riderChange) }
        let input = ["id": (id ?? rider.id).raw, "reason": "A reason"].merging(changes) { $1 }
        return try await house.sendKeyed("riders.update", input, as: staff, key: key)
    }

    @Test("Name and roll number: nobody is signed out, and the logs say which, not what")
    func nameAndNumber() async throws {
        let token = try await house.session(of: rider)
        let reply = try await update(["name": "Asha Unusual", "rollNumber": "2026-CS-042"])
        #expect(reply.text == #"{"account":"\#(rider.id)","state":"active"}"#)
        let after = try #require(try await house.account(rider.id))
        #expect(after.name == "Asha Unusual" && after.rollNumber == "2026-CS-042" && after.email == rider.email)
        #expect(try await house.send("account.show", as: token).status == 200)
        #expect(try await house.letters(to: email).isEmpty)
        let states = #"{"state":"active"} | {"fields":["name","rollNumber"],"state":"active"}"#
        #expect(try await house.audit() == ["\(developer.id) | riders.update | \(rider.id) | A reason | \(states)"])
        let event = try await house.fixture.kept.row(of: "events") { $0["kind"] == "account.updated" }
        #expect(
            event.texts("actor", "subject", "data")
                == #"\#(developer.id) \#(rider.id) {"fields":["name","rollNumber"]}"#
        )
        for table in ["audit", "events", "idempotency"] {
            #expect(try await house.fixture.kept.count(of: table) { $0.mentions("unusual") } == 0, "\(table)")
        }
    }

    @Test("Another address: the old mailbox opens nothing any more, and both are told")
    func address() async throws {
        let device = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let code = try await house.code(to: email)
        let token = try await house.session(of: rider)
        let letters = try await house.letters(to: email).count
        #expect(try await update(["email": "Asha@Example.org"]).status == 200)

        #expect(try await house.account(rider.id)?.email.raw == new)
        #expect(try await house.send("account.show", as: token).code == "session_revoked")
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
        let verify = ["challenge": challenge, "code": code]
        #expect(try await house.send("session.verify", verify).code == "code_expired")
        #expect(try await house.open(email).code == "invalid_credentials")
        house.fixture.clock.advance(seconds: 60)
        #expect(try await house.open(new, device: device).output(SessionView.self).challenge != nil)

        let old = try await house.letters(to: email)
        #expect(old.count == letters + 1)
        #expect(old.last?.contains("has given your account another") == true)
        let given = try #require(try await house.letters(to: new).first)
        #expect(given.contains("has given your account this address"))
        for letter in [old.last, given] {
            #expect(letter?.contains("asha") == false && letter?.contains("Somebody") == false, "no names")
        }
        let states = #"{"state":"active"} | {"fields":["email"],"state":"active"}"#
        #expect(try await house.audit() == ["\(developer.id) | riders.update | \(rider.id) | A reason | \(states)"])
        #expect(try await house.fixture.kept.count(of: "audit") { $0.mentions("asha@") } == 0)
    }

    @Test("The letter to a suspended rider does not say that they can sign in")
    func suspended() async throws {
        let shut = try await house.add("ravi@example.com", state: .suspended)
        #expect(try await update(["email": "ravi@example.org"], of: shut.id).output(RiderChange.self).state == .suspended)
        let letter = try await house.letters(to: "ravi@example.org").last
        #expect(letter?.contains("nobody can sign in until it is reinstated") == true)
        #expect(letter?.contains("Sign in with it") == false)
    }

    @Test("An address that has an account is refused, and nothing is changed")
    func taken() async throws {
        try await house.add(new)
        let token = try await house.session(of: rider)
        let before = try await house.traces()
        let reply = try await update(["email": new, "name": "Asha"], key: "k")
        #expect(reply.status == 409)
        #expect(reply.code == "account_exists")
        let kept = try await house.account(rider.id)
        #expect(kept?.email == rider.email && kept?.name == rider.name)
        #expect(try await house.send("account.show", as: token).status == 200)
        for table in ["audit", "mail_outbox", "events"] { #expect(try await house.traces()[table] == before[table]) }
    }

    @Test("It takes a step-up of its own kind, once; one key is one change")
    func guarded() async throws {
        let changes = ["rollNumber": "2"]
        #expect(try await update(changes, key: "k", hasSteppedUp: false).code == "step_up_required")
        try await house.stepUpAgain(staff, for: .staffChange)
        #expect(try await update(changes, key: "k", hasSteppedUp: false).code == "step_up_required")
        let done = try await update(changes, key: "k")
        #expect(done.status == 200)
        let again = try await update(changes, key: "k", hasSteppedUp: false)
        #expect(again.isReplay && again.body == done.body)
        #expect(try await update(["rollNumber": "3"], hasSteppedUp: false).code == "step_up_required")
        #expect(try await house.account(rider.id)?.rollNumber == "2")
        #expect(try await house.audit().count == 1)
    }

    @Test("What is no change leaves nothing behind")
    func nothing() async throws {
        #expect(try await update([:]).violations == [" must have a name, a roll number or an address that is to be changed"])
        let token = try await house.session(of: rider)
        #expect(try await update(["email": email, "rollNumber": "1"]).status == 200)
        #expect(try await house.send("account.show", as: token).status == 200)
        #expect(try await house.audit() == [])
        #expect(try await house.letters(to: email).isEmpty)
    }

    @Test(
        "What breaks a rule names the field",
        arguments: [("name", " "), ("rollNumber", ""), ("email", "nobody"), ("role", "god_admin")]
    )
    func input(field: String, value: String) async throws {
        #expect(try await update([field: value]).problem?.errors?.map(\.pointer) == ["/\(field)"])
    }

    @Test("Nothing can be mended of whoever is gone")
    func closed() async throws {
        let gone = try await house.add("ravi@example.com", state: .closed)
        #expect(try await update(["name": "Ravi"], of: gone.id).code == "account_closed")
    }

    @Test("Riders stay within the domains of registration")
    func domains() async throws {
        var configuration = AuthConfiguration()
        configuration.registrationDomains = ["example.com"]
        let house = try await AuthHouse("rider-domains", configuration: configuration)
        let rider = try await house.add(email)
        let god = try await house.steppedUp(try await house.add("god@example.com", role: .godAdmin), for: .riderChange)
        let input = ["id": rider.id.raw, "reason": "A reason", "email": new]
        let reply = try await house.sendKeyed("riders.update", input, as: god)
        #expect(reply.violations == ["/email must be an address of: example.com"])
        let inside = try await house.sendKeyed("riders.update", input.merging(["email": "a@example.com"]) { $1 }, as: god)
        #expect(inside.status == 200)
    }
}
