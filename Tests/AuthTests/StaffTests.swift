import CommandBus
import Foundation
import Support
import Synchronization
import Testing

@testable import Auth

@Suite("Staff")
struct StaffTests {
    private let house: AuthHouse
    private let god: Account
    private let token: String

    init() async throws {
        house = try await AuthHouse("staff")
        god = try await house.add("god@example.com", role: .godAdmin)
        token = try await house.session(of: god)
    }

    private static let ravi = [
        "email": "ravi@example.com", "name": "Ravi Menon", "role": "conductor", "reason": "Joins the morning shift",
    ]

    @Test("A member of staff is appointed without a password, sets one by a reset, and signs in")
    func create() async throws {
        let reply = try await house.change("staff.create", Self.ravi, as: token)
        #expect(reply.status == 201)
        let made = try reply.output(StaffChange.self)
        #expect(reply.text == #"{"account":"\#(made.account)","role":"conductor","state":"active"}"#)
        let account = try #require(try await house.account(made.account))
        #expect(account.name == "Ravi Menon")
        #expect(account.rollNumber == nil)
        #expect(try await house.fixture.balance(made.account) == nil, "staff have no wallet")
        #expect(try await house.letters(to: "ravi@example.com").count == 1)
        #expect(try await house.letters(to: "ravi@example.com").last?.contains("password reset") == true)
        #expect(
            try await house.audit()
                == [
                    "\(god.id) | staff.create | \(made.account) | Joins the morning shift | - "
                        + #"| {"role":"conductor","state":"active"}"#
                ]
        )
        #expect(try await house.open("ravi@example.com").code == "invalid_credentials")

        let challenge = try await house.send("password.reset.start", ["email": "ravi@example.com"])
            .output(AuthHouse.Challenge.self).challenge
        let code = try await house.code(to: "ravi@example.com")
        let reset = try await house.send("password.reset.verify", ["challenge": challenge, "code": code])
            .output(Reset.self).reset
        let completed = try await house.send(
            "password.reset.complete", ["reset": reset, "password": AuthHouse.password]
        )
        #expect(completed.status == 200)
        house.fixture.clock.advance(seconds: 60)
        let theirs = try await house.signIn("ravi@example.com")
        #expect(try await house.send("session.show", as: theirs).output(SessionView.self).role == .conductor)
    }

    private struct Reset: Decodable {
        let reset: String
    }

    @Test("An address that has an account, whoever's it is, is not appointed")
    func existingAddress() async throws {
        try await house.add("rider@example.com")
        for (email, says) in [("rider@example.com", "belongs to a rider's account"), ("god@example.com", "member of staff")]
        {
            try await house.stepUpAgain(token)
            let before = try await house.traces()
            let reply = try await house.send("staff.create", Self.ravi.merging(["email": email]) { $1 }, as: token)
            #expect(reply.status == 409)
            #expect(reply.code == "account_exists")
            #expect(reply.problem?.detail.contains(says) == true)
            #expect(try await house.traces() == before, "nothing is left, and the step-up is still good")
        }
    }

    @Test("Each change takes a step-up of its own")
    func stepUp() async throws {
        let ravi = try await house.add("ravi@example.com", role: .conductor)
        try await house.stepUpAgain(token, for: .passwordChange)
        let before = try await house.traces()
        for (command, input) in staffChanges(of: ravi.id) {
            let reply = try await house.send(command, input, as: token)
            #expect(reply.status == 403, "\(command)")
            #expect(reply.code == "step_up_required", "\(command)")
        }
        #expect(try await house.traces() == before)

        try await house.stepUpAgain(token)
        let action = ["id": ravi.id.raw, "reason": "Keys were lost"]
        #expect(try await house.send("staff.suspend", action, as: token).status == 200)
        #expect(try await house.send("staff.reinstate", action, as: token).code == "step_up_required", "it was used up")

        try await house.stepUpAgain(token)
        house.fixture.clock.advance(seconds: 300)
        #expect(try await house.send("staff.reinstate", action, as: token).code == "step_up_required", "it is too old")
    }

    @Test("A mailed code steps a god admin up")
    func steppedUpByMail() async throws {
        try await house.stepUp(.staffChange, as: token)
        #expect(try await house.send("staff.create", Self.ravi, as: token).status == 201)
    }

    @Test("Nobody but a god admin has anything to do with staff")
    func roles() async throws {
        let ravi = try await house.add("ravi@example.com", role: .conductor)
        for role in [Role.rider, .conductor, .developer] {
            let other = try await house.add("\(role.rawValue)@example.org", role: role)
            let token = try await house.steppedUp(other)
            let before = try await house.traces()
            for (command, input) in staffChanges(of: ravi.id) {
                #expect(try await house.send(command, input, as: token).code == "not_allowed", "\(command)")
            }
            #expect(try await house.send("staff.list", as: token).code == "not_allowed")
            #expect(try await house.send("staff.show", ["id": ravi.id.raw], as: token).code == "not_allowed")
            #expect(try await house.traces() == before)
        }
    }

    @Test("A rename signs nobody out; another role ends the session at once")
    func update() async throws {
        let ravi = try await house.add("ravi@example.com", role: .conductor)
        let theirs = try await house.session(of: ravi)
        let renamed = try await house.change(
            "staff.update", ["id": ravi.id.raw, "name": "Ravi K. Menon", "reason": "A wedding"], as: token
        )
        #expect(renamed.status == 200)
        #expect(try await house.account(ravi.id)?.name == "Ravi K. Menon")
        #expect(try await house.send("session.show", as: theirs).status == 200)
        #expect(try await house.letters(to: "ravi@example.com").isEmpty)

        house.fixture.clock.advance(seconds: 1)
        let moved = try await house.change(
            "staff.update", ["id": ravi.id.raw, "role": "developer", "reason": "Takes over"], as: token
        )
        #expect(try moved.output(StaffChange.self).role == .developer)
        #expect(try await house.send("session.show", as: theirs).status == 401)
        #expect(try await house.letters(to: "ravi@example.com").count == 1)
        #expect(
            try await house.audit()
                == [
                    "\(god.id) | staff.update | \(ravi.id) | Takes over "
                        + #"| {"role":"conductor","state":"active"} | {"role":"developer","state":"active"}"#,
                    "\(god.id) | staff.update | \(ravi.id) | A wedding "
                        + #"| {"role":"conductor","state":"active"} | {"renamed":true,"role":"conductor","state":"active"}"#,
                ]
        )
        let next = try await house.signIn("ravi@example.com")
        #expect(try await house.send("session.show", as: next).output(SessionView.self).role == .developer)
        // What changes nothing is no action.
        _ = try await house.change(
            "staff.update", ["id": ravi.id.raw, "role": "developer", "reason": "Again"], as: token
        )
        #expect(try await house.audit().count == 2)
        #expect(try await house.send("session.show", as: next).status == 200)
    }

    @Test("Who is suspended is out at once and stays out, until reinstated")
    func suspend() async throws {
        let ravi = try await house.add("ravi@example.com", role: .conductor)
        let theirs = try await house.session(of: ravi)
        let principal = try await house.bus.authenticate(token: theirs, from: "192.0.2.1")
        let ends = Mutex<[SessionEnd.Reason]>([])
        let watch = house.fixture.sessions.watch(principal) { end in ends.withLock { $0.append(end.reason) } }
        defer { watch.cancel() }

        let action = ["id": ravi.id.raw, "reason": "Keys were lost"]
        let reply = try await house.change("staff.suspend", action, as: token)
        #expect(reply.text == #"{"account":"\#(ravi.id)","role":"conductor","state":"suspended"}"#)
        #expect(ends.withLock { $0 } == [.revoked], "sockets and streams are told before the answer")
        let refused = try await house.send("session.show", as: theirs)
        #expect(refused.status == 401)
        #expect(refused.code == "session_revoked")
        #expect(try await house.open("ravi@example.com").code == "account_suspended")
        #expect(try await house.letters(to: "ravi@example.com").count == 1)
        // Once more is no action.
        #expect(try await house.change("staff.suspend", action, as: token).body == reply.body)
        #expect(try await house.audit().count == 1)

        house.fixture.clock.advance(seconds: 1)
        let back = try await house.change("staff.reinstate", ["id": ravi.id.raw, "reason": "Found"], as: token)
        #expect(try back.output(StaffChange.self).state == .active)
        #expect(try await house.send("session.show", as: theirs).status == 401, "the old session stays dead")
        _ = try await house.signIn("ravi@example.com")
        #expect(
            try await house.audit().first
                == "\(god.id) | staff.reinstate | \(ravi.id) | Found "
                + #"| {"role":"conductor","state":"suspended"} | {"role":"conductor","state":"active"}"#
        )
    }

    @Test("Who is revoked is erased for good, and may be appointed anew")
    func revoke() async throws {
        let ravi = try await house.add("ravi@example.com", role: .conductor)
        let theirs = try await house.session(of: ravi)
        let action = ["id": ravi.id.raw, "reason": "Has left"]
        let reply = try await house.change("staff.revoke", action, as: token)
        #expect(reply.text == #"{"account":"\#(ravi.id)","role":"conductor","state":"closed"}"#)
        #expect(try await house.send("session.show", as: theirs).status == 401)
        #expect(try await house.letters(to: "ravi@example.com").last?.contains("closed for good") == true)
        let left = try #require(try await house.account(ravi.id))
        #expect(left.state == .closed)
        #expect(!left.email.raw.contains("ravi"))
        #expect(left.name != ravi.name)
        #expect(
            try await house.audit()
                == [
                    "\(god.id) | staff.revoke | \(ravi.id) | Has left "
                        + #"| {"role":"conductor","state":"active"} | {"role":"conductor","state":"closed"}"#
                ]
        )
        #expect(try await house.open("ravi@example.com").code == "invalid_credentials")

        try await house.stepUpAgain(token)
        let before = try await house.traces()
        for (command, input) in staffChanges(of: ravi.id).dropFirst() {
            let refused = try await house.send(command, input, as: token)
            #expect(refused.status == 409, "\(command)")
            #expect(refused.code == "account_closed", "\(command)")
        }
        #expect(try await house.traces() == before)
        let again = try await house.change("staff.create", Self.ravi, as: token).output(StaffChange.self)
        #expect(again.account != ravi.id)
    }

    @Test("Lists show staff alone, in pages, by role and state; of those who are gone no name is left")
    func list() async throws {
        try await house.add("rider@example.com")
        let names = ["a", "b", "c", "d"]
        var accounts: [Account] = []
        for name in names {
            house.fixture.clock.advance(seconds: 1)
            accounts.append(try await house.add("\(name)@example.com", role: name == "d" ? .developer : .conductor))
        }
        for (command, account) in [("staff.suspend", accounts[0]), ("staff.revoke", accounts[1])] {
            #expect(
                try await house.change(command, ["id": account.id.raw, "reason": "A reason"], as: token).status == 200
            )
        }
        let all = try await list([:])
        #expect(all.items.map(\.id) == [god.id] + accounts.map(\.id))
        #expect(all.items.map(\.state) == [.active, .suspended, .closed, .active, .active])
        #expect(all.items[2].name == nil)
        #expect(all.items[2].email == nil)
        #expect(all.items[1].email == accounts[0].email)
        #expect(try await list(["role": "developer"]).items.map(\.id) == [accounts[3].id])
        #expect(try await list(["state": "suspended"]).items.map(\.id) == [accounts[0].id])

        let first = try await page(limit: 3, after: nil)
        #expect(first.items.map(\.id) == [god.id, accounts[0].id, accounts[1].id])
        let last = try await page(limit: 3, after: first.next)
        #expect(last.items.map(\.id) == [accounts[2].id, accounts[3].id])
        #expect(last.next == nil)

        let shown = try await house.send("staff.show", ["id": accounts[3].id.raw], as: token).output(StaffView.self)
        #expect(shown.email == accounts[3].email)
        #expect(shown.role == .developer)
    }

    private func list(_ filter: [String: String]) async throws -> Page<StaffView> {
        try await house.send("staff.list", filter, as: token).output()
    }

    private func page(limit: Int64, after: PageCursor?) async throws -> Page<StaffView> {
        var input: [String: JSONValue] = ["limit": .integer(limit)]
        input["after"] = after.map { .string($0.raw) }
        return try await house.send("staff.list", json: .object(input), as: token).output()
    }

    @Test("Riders and nobody are no staff")
    func notStaff() async throws {
        let rider = try await house.add("rider@example.com")
        for id in [rider.id, AccountID(trusted: "a_nobody")] {
            #expect(try await house.send("staff.show", ["id": id.raw], as: token).code == "not_found")
            try await house.stepUpAgain(token)
            let before = try await house.traces()
            for (command, input) in staffChanges(of: id).dropFirst() {
                #expect(try await house.send(command, input, as: token).code == "not_found", "\(command)")
            }
            #expect(try await house.traces() == before)
        }
    }
}
