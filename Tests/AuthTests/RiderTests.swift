import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("Riders, as staff look after them")
struct RiderTests {
    private let email = "asha@example.com"
    private let house: AuthHouse
    private let rider: Account
    private let staff: String
    private let developer: Account

    init() async throws {
        house = try await AuthHouse("riders")
        rider = try await house.add(email)
        developer = try await house.add("developer@example.com", role: .developer)
        staff = try await house.session(of: developer)
    }

    /// Does something to a rider, with what it takes.
    private func act(_ command: String, on id: AccountID, _ more: [String: String] = [:]) async throws -> CommandReply {
        if command == "riders.delete" { try await house.stepUpAgain(staff, for: .riderChange) }
        let input = ["id": id.raw, "reason": "A reason"].merging(more) { $1 }
        return try await house.sendKeyed(command, input, as: staff)
    }

    @Test("Lists go by address, roll number and state, a page at a time, and have riders only")
    func list() async throws {
        let others = [
            try await house.add("b@example.com"), try await house.add("c@example.com", state: .suspended),
            try await house.add("d@example.com"),
        ]
        func ids(_ input: [String: JSONValue]) async throws -> [AccountID] {
            try await house.send("riders.list", json: .object(input), as: staff).output(Page<RiderView>.self)
                .items.map(\.id)
        }
        let all = ([rider] + others).map(\.id).sorted { $0.raw < $1.raw }
        #expect(try await ids([:]) == all)
        #expect(try await ids(["email": "B@example.com"]) == [others[0].id])
        #expect(try await ids(["state": "suspended"]) == [others[1].id])
        #expect(try await ids(["rollNumber": "1"]) == all)
        #expect(try await ids(["rollNumber": "2"]) == [])
        #expect(try await ids(["email": "developer@example.com"]) == [], "staff are not listed")

        var (seen, cursor): ([AccountID], PageCursor?) = ([], nil)
        repeat {
            var input: [String: JSONValue] = ["limit": 3]
            input["after"] = cursor.map { .string($0.raw) }
            let page = try await house.send("riders.list", json: .object(input), as: staff).output(Page<RiderView>.self)
            seen += page.items.map(\.id)
            cursor = page.next
        } while cursor != nil
        #expect(seen == all)
        for bad in ["state": "gone", "email": "nobody", "limit": "0", "after": PageCursor("1", "2").raw] {
            let reply = try await house.send("riders.list", [bad.key: bad.value], as: staff)
            #expect(reply.problem?.errors?.map(\.pointer) == ["/\(bad.key)"], "\(bad.key)")
        }
    }

    @Test("Only developers and god admins may, and only about riders")
    func access() async throws {
        let action = ["id": rider.id.raw, "reason": "A reason"]
        let commands: [(name: String, input: [String: String])] = [
            ("riders.list", [:]), ("riders.update", action.merging(["name": "Asha"]) { $1 }), ("riders.suspend", action),
            ("riders.reinstate", action), ("riders.delete", action.merging(["moneyTo": "operator"]) { $1 }),
        ]
        for role in [Role.rider, .conductor] {
            let token = try await house.session(of: try await house.add("\(role.rawValue)@example.com", role: role))
            for (name, input) in commands {
                #expect(try await house.sendKeyed(name, input, as: token).code == "not_allowed", "\(name) \(role)")
                #expect(try await house.sendKeyed(name, input).code == "not_signed_in", "\(name)")
            }
        }
        let god = try await house.add("god@example.com", role: .godAdmin)
        for id in [developer.id, god.id, AccountID(trusted: "a_nobody")] {
            for (name, input) in commands where name != "riders.list" {
                try await house.stepUpAgain(staff, for: .riderChange)
                let reply = try await house.sendKeyed(name, input.merging(["id": id.raw]) { $1 }, as: staff)
                #expect(reply.code == "not_found", "\(name) \(id)")
            }
        }
        #expect(try await house.audit() == [])
        #expect(try await house.account(rider.id)?.state == .active)
        let found = try await house.send("riders.list", ["email": email], as: try await house.session(of: god))
            .output(Page<RiderView>.self)
        #expect(found.items.map(\.id) == [rider.id])
    }

    @Test("Whoever is suspended is out at once, is told, and can come back")
    func suspension() async throws {
        let token = try await house.session(of: rider)
        #expect(try await house.send("account.show", as: token).status == 200)
        let reply = try await act("riders.suspend", on: rider.id)
        #expect(reply.text == #"{"account":"\#(rider.id)","state":"suspended"}"#)
        let refused = try await house.send("account.show", as: token)
        #expect(refused.status == 401)
        #expect(refused.code != "session_replaced")
        #expect(try await house.open(email).code == "account_suspended")
        #expect(try await house.letters(to: email).count == 1)
        #expect(try await house.letters(to: email).first?.contains("A reason") == false, "it is for the audit log")

        // The audit log is in the order of time.
        house.fixture.clock.advance(seconds: 1)
        #expect(try await act("riders.reinstate", on: rider.id).output(RiderChange.self).state == .active)
        #expect(try await house.send("account.show", as: token).status == 401, "the session stays over")
        #expect(try await house.open(email).output(SessionView.self).challenge != nil)
        let (active, suspended) = (#"{"state":"active"}"#, #"{"state":"suspended"}"#)
        #expect(
            try await house.audit() == [
                "\(developer.id) | riders.reinstate | \(rider.id) | A reason | \(suspended) | \(active)",
                "\(developer.id) | riders.suspend | \(rider.id) | A reason | \(active) | \(suspended)",
            ]
        )
    }

    @Test("What changes nothing is no entry of the audit log, and no letter")
    func noChange() async throws {
        #expect(try await act("riders.reinstate", on: rider.id).status == 200)
        #expect(try await house.audit() == [])
        #expect(try await act("riders.suspend", on: rider.id).status == 200)
        #expect(try await act("riders.suspend", on: rider.id).output(RiderChange.self).state == .suspended)
        #expect(try await house.audit().count == 1)
        #expect(try await house.letters(to: email).count == 1)
    }

    @Test("A reason is a must, within bounds", arguments: [nil, "", String(repeating: "x", count: 201)])
    func reason(text: String?) async throws {
        var input = ["id": rider.id.raw]
        input["reason"] = text
        for command in ["riders.update", "riders.suspend", "riders.reinstate", "riders.delete"] {
            let reply = try await house.sendKeyed(command, input, as: staff)
            #expect(reply.problem?.errors?.map(\.pointer) == ["/reason"], "\(command)")
        }
        #expect(try await house.account(rider.id)?.state == .active)
    }

    @Test("Deleting one goes by the rules of deleting oneself, and is audited")
    func deletion() async throws {
        let token = try await house.session(of: rider)
        #expect(try await act("riders.delete", on: rider.id).code == "account_has_money")
        #expect(try await house.audit() == [])
        let reply = try await act("riders.delete", on: rider.id, ["moneyTo": "operator"])
        #expect(reply.text == #"{"account":"\#(rider.id)","state":"closed"}"#)
        #expect(try await house.send("account.show", as: token).status == 401)
        #expect(try await house.letters(to: email).count == 1)
        let states = #"{"balance":40000,"state":"active"} | {"moneyTo":"operator","state":"closed"}"#
        #expect(try await house.audit() == ["\(developer.id) | riders.delete | \(rider.id) | A reason | \(states)"])
        let listed = try await house.send("riders.list", ["state": "closed"], as: staff)
        #expect(listed.text.contains("erased") == false && listed.text.contains("Deleted") == false)
        #expect(try listed.output(Page<RiderView>.self).items.map(\.email) == [nil])
        for command in ["riders.suspend", "riders.reinstate", "riders.delete"] {
            #expect(try await act(command, on: rider.id).code == "account_closed", "\(command)")
        }
        #expect(try await house.audit().count == 1)
        #expect(try await house.fixture.findings() == [])
    }

    @Test("It moves money: it takes a key, and a step-up of its own")
    func deletionIsGuarded() async throws {
        let input = ["id": rider.id.raw, "reason": "A reason", "moneyTo": "operator"]
        let before = try await house.traces()
        #expect(try await house.send("riders.delete", input, as: staff).code == "idempotency_key_required")
        #expect(try await house.sendKeyed("riders.delete", input, as: staff, key: "k").code == "step_up_required")
        try await house.stepUpAgain(staff, for: .accountDeletion)
        #expect(try await house.sendKeyed("riders.delete", input, as: staff, key: "k").code == "step_up_required")
        #expect(try await house.account(rider.id)?.state == .active)
        #expect(try await house.traces()["audit"] == before["audit"])

        house.fixture.clock.advance(seconds: 60)
        try await house.stepUp(.riderChange, as: staff)
        let done = try await house.sendKeyed("riders.delete", input, as: staff, key: "k")
        #expect(done.status == 200)
        let again = try await house.sendKeyed("riders.delete", input, as: staff, key: "k")
        #expect(again.isReplay && again.body == done.body)
        #expect(try await house.audit().count == 1)
        #expect(try await house.fixture.findings() == [])
    }

    @Test("Staff give the money of a rider to the operator, and to nobody else")
    func takers() async throws {
        let heir = try await house.add("ravi@example.com")
        for taker in [heir.id, rider.id, developer.id, AccountID(trusted: "a_nobody")] {
            let reply = try await act("riders.delete", on: rider.id, ["moneyTo": taker.raw])
            #expect(reply.status == 422)
            let rule = "must be 'operator': only riders themselves can leave it to another rider"
            #expect(reply.violations == ["/moneyTo \(rule)"])
        }
        #expect(try await act("riders.delete", on: rider.id).problem?.detail.contains("another rider") == false)
        #expect(try await house.account(rider.id)?.state == .active)
        #expect(try await house.fixture.balance(heir.id) == 40_000)
        #expect(try await act("riders.delete", on: rider.id, ["moneyTo": "operator"]).status == 200)
        #expect(try await house.letters(to: email).last?.contains("400.00 INR, went to the operator") == true)
    }

    @Test("Neither a device that was remembered nor a code that was asked for is good after a suspension")
    func lockout() async throws {
        let device = try await house.remembered(email)
        house.fixture.clock.advance(seconds: 60)
        let challenge = try #require(try await house.open(email).output(SessionView.self).challenge)
        let code = try await house.code(to: email)
        #expect(try await act("riders.suspend", on: rider.id).status == 200)
        #expect(try await house.fixture.kept.count(of: "devices") == 0)
        #expect(try await act("riders.reinstate", on: rider.id).status == 200)
        let verify = ["challenge": challenge, "code": code]
        #expect(try await house.send("session.verify", verify).code == "code_expired")
        house.fixture.clock.advance(seconds: 60)
        let opened = try await house.open(email, device: device).output(SessionView.self)
        #expect(opened.token == nil && opened.challenge != nil)
    }

    @Test("A suspended rider can be deleted")
    func deleteSuspended() async throws {
        #expect(try await act("riders.suspend", on: rider.id).status == 200)
        house.fixture.clock.advance(seconds: 1)
        #expect(try await act("riders.delete", on: rider.id, ["moneyTo": "operator"]).status == 200)
        #expect(
            try await house.audit().first?.contains(#""state":"suspended"} | {"moneyTo":"operator","state":"closed"}"#)
                == true)
    }

    @Test("Staff whose own session ends meanwhile change nothing")
    func staleStaff() async throws {
        let principal = try await house.authenticator.authenticate(token: staff, from: "192.0.2.1")
        _ = try await house.session(of: developer)
        let (service, context, rider) = (house.service, house.fixture.context(principal), rider)
        let input = RiderActionInput(id: rider.id, reason: try Text(refining: "A reason"))
        let problem = await #expect(throws: Problem.self) {
            try await house.fixture.runner.run(context) { work in try service.suspendRider(input, in: work) }
        }
        #expect(problem?.code == .sessionReplaced)
        #expect(try await house.account(rider.id)?.state == .active)
    }
}
