import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("Somebody is left who can appoint staff")
struct StaffGuardTests {
    private let house: AuthHouse

    init() async throws {
        house = try await AuthHouse("staff-guard")
    }

    /// What would take the last god admin away.
    private static func removals(of id: AccountID) -> [(command: String, input: [String: String])] {
        let action = ["id": id.raw, "reason": "A reason"]
        return [
            ("staff.suspend", action), ("staff.revoke", action),
            ("staff.update", action.merging(["role": "developer"]) { $1 }),
        ]
    }

    @Test("The last god admin can't be suspended, revoked or given another role, by nobody and by itself")
    func last() async throws {
        let god = try await house.add("god@example.com", role: .godAdmin)
        // Those who can't act don't count.
        try await house.add("suspended@example.com", role: .godAdmin, state: .suspended)
        try await house.add("closed@example.com", role: .godAdmin, state: .closed)
        let token = try await house.steppedUp(god)
        let before = try await house.traces()
        for (command, input) in Self.removals(of: god.id) {
            let reply = try await house.send(command, input, as: token)
            #expect(reply.status == 409, "\(command)")
            #expect(reply.code == "last_god_admin", "\(command)")
        }
        #expect(try await house.traces() == before)
        #expect(try await house.send("session.show", as: token).status == 200)
        // A rename takes nobody away.
        let rename = ["id": god.id.raw, "name": "The Owner", "reason": "A reason"]
        #expect(try await house.send("staff.update", rename, as: token).status == 200)

        try await house.stepUpAgain(token, for: .accountDeletion)
        let deletion = try await house.sendKeyed("account.delete", as: token)
        #expect(deletion.code == "last_god_admin")
        #expect(try await house.account(god.id)?.state == .active)
    }

    @Test("With another god admin each of them may go, by each way", arguments: 0..<3)
    func notLast(way: Int) async throws {
        let god = try await house.add("god@example.com", role: .godAdmin)
        try await house.add("other@example.com", role: .godAdmin)
        let token = try await house.steppedUp(god)
        let (command, input) = Self.removals(of: god.id)[way]
        #expect(try await house.send(command, input, as: token).status == 200)
        #expect(try await house.send("session.show", as: token).status == 401)
        #expect(try await house.activeGodAdmins() == 1)
    }

    @Test("Two god admins who take each other or themselves away at once: one stays", arguments: [false, true])
    func race(isOwn: Bool) async throws {
        let gods = [
            try await house.add("one@example.com", role: .godAdmin),
            try await house.add("two@example.com", role: .godAdmin),
        ]
        let house = house
        for round in 0..<12 {
            var tokens: [String] = []
            for god in gods {
                try await house.fixture.work { work in try work.tx.update(god.changed(state: .active)) }
                tokens.append(try await house.steppedUp(god))
            }
            let command = ["staff.suspend", "staff.update"][round / 2 % 2]
            // Each of the two begins first in half of the rounds.
            let order = round.isMultiple(of: 2) ? [0, 1] : [1, 0]
            let replies = try await withThrowingTaskGroup(of: CommandReply.self) { group in
                for index in order {
                    var input = ["id": gods[isOwn ? index : 1 - index].id.raw, "reason": "A race"]
                    if command == "staff.update" { input["role"] = "developer" }
                    group.addTask { [input, token = tokens[index]] in
                        try await house.send(command, input, as: token)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.filter { $0.status == 200 }.count == 1, "round \(round): \(replies.map(\.text))")
            // Who was taken away can act no more; who is the last can't go.
            let refusals = Set(replies.compactMap(\.code))
            #expect(refusals.isSubset(of: isOwn ? ["last_god_admin"] : Self.cutOff), "round \(round): \(refusals)")
            #expect(try await house.activeGodAdmins() == 1, "round \(round)")
        }
    }

    /// What somebody is told whose session was ended by the other one just before.
    private static let cutOff: Set<String> = ["last_god_admin", "session_expired", "session_revoked"]

    @Test("Without the guard both would go")
    func control() async throws {
        for isGuarded in [true, false] {
            let gods = [
                try await house.add("one-\(isGuarded)@example.com", role: .godAdmin),
                try await house.add("two-\(isGuarded)@example.com", role: .godAdmin),
            ]
            let house = house
            let gone = await withTaskGroup(of: Bool.self) { group in
                for god in gods {
                    group.addTask {
                        let done: Void? = try? await house.fixture.work { work in
                            if isGuarded { try house.service.keepOneGodAdmin(without: god, in: work) }
                            try work.tx.update(god.changed(state: .closed))
                        }
                        return done != nil
                    }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(gone == (isGuarded ? 1 : 2))
            #expect(try await house.activeGodAdmins() == (isGuarded ? 1 : 0))
            // The one who is left must not count in the next turn.
            for god in gods {
                try await house.fixture.work { work in try work.tx.update(god.changed(state: .closed)) }
            }
        }
    }

    @Test("Whoever loses the right while a command is on its way does not use it")
    func staleRight() async throws {
        let god = try await house.add("god@example.com", role: .godAdmin)
        let other = try await house.add("other@example.com", role: .godAdmin)
        let ravi = try await house.add("ravi@example.com", role: .conductor)
        let token = try await house.steppedUp(other)
        let principal = try await house.bus.authenticate(token: token, from: "192.0.2.1")
        let first = try await house.steppedUp(god)
        #expect(
            try await house.send("staff.suspend", ["id": other.id.raw, "reason": "Out"], as: first).status == 200
        )
        // The token was checked before that; the unit of work comes after.
        let (service, runner) = (house.service, house.fixture.runner)
        let reason = try StaffReason(refining: "Revenge")
        let before = try await house.traces()
        let refused = await #expect(throws: Problem.self) {
            _ = try await runner.run(house.fixture.context(principal)) { work in
                try service.suspendStaff(StaffActionInput(id: ravi.id, reason: reason), in: work)
            }
        }
        #expect(refused?.code.status == 401)
        #expect(try await house.traces() == before)
        #expect(try await house.account(ravi.id)?.state == .active)
    }
}
