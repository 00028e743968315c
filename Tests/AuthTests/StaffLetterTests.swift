import CommandBus
import Foundation
import Support
import Testing

@testable import Auth

@Suite("What staff are told, and what is shown of them")
struct StaffLetterTests {
    private let house: AuthHouse
    private let god: Account
    private let token: String

    init() async throws {
        house = try await AuthHouse("staff-letters")
        god = try await house.add("god@example.com", role: .godAdmin)
        token = try await house.session(of: god)
    }

    private func change(_ command: String, _ id: AccountID, _ more: [String: String] = [:]) async throws {
        let input = ["id": id.raw, "reason": "A reason"].merging(more) { $1 }
        #expect(try await house.change(command, input, as: token).status == 200, "\(command)")
    }

    /// Appoints somebody, who has no password then.
    private func appoint(_ email: String, role: String = "conductor") async throws -> AccountID {
        let input = ["email": email, "name": "New One", "role": role, "reason": "A reason"]
        return try await house.change("staff.create", input, as: token).output(StaffChange.self).account
    }

    @Test("Another role: how to go on is said as it is")
    func roleChanged() async throws {
        let open = try await house.add("open@example.com", role: .conductor)
        let shut = try await house.add("shut@example.com", role: .conductor, state: .suspended)
        let fresh = try await appoint("fresh@example.com")
        for id in [open.id, shut.id, fresh] { try await change("staff.update", id, ["role": "developer"]) }
        let wanted = [
            "open@example.com": "Sign in again", "shut@example.com": "until it is reinstated nobody can sign in",
            "fresh@example.com": "ask for a password reset",
        ]
        for (email, words) in wanted {
            let letter = try #require(try await house.letters(to: email).last)
            #expect(letter.contains("another role now: developer"))
            #expect(letter.contains(words), "\(email)")
            #expect(letter.contains("signed out") == (email == "open@example.com"), "\(email)")
            #expect(letter.split(separator: "\n").allSatisfy { $0.count <= 76 })
        }
        // And so when it is open again.
        try await change("staff.reinstate", shut.id)
        #expect(try await house.letters(to: "shut@example.com").last?.contains("You can sign in again") == true)
        try await change("staff.suspend", fresh)
        try await change("staff.reinstate", fresh)
        let letter = try await house.letters(to: "fresh@example.com").last
        #expect(letter?.contains("no password yet") == true && letter?.contains("You can sign in again") == false)
    }

    @Test("What is mailed about the inside of the service goes to nobody who has not shown the mailbox, or is shut out")
    func reachable() async throws {
        for number in 1...3 { try await house.add("dev\(number)@example.com", role: .developer) }
        try await house.add("away@example.com", role: .developer, state: .suspended)
        try await house.add("bus@example.com", role: .conductor)
        _ = try await appoint("mistyped@example.com", role: "developer")
        let reached = try await house.fixture.read { try $0.reachableStaff([.developer, .godAdmin]) }
        #expect(
            reached.map(\.raw) == ["dev1@example.com", "dev2@example.com", "dev3@example.com", "god@example.com"]
        )
    }

    @Test("The other god admins are told of each who is made, and of each who goes")
    func godAdmins() async throws {
        let other = try await house.add("other@example.com", role: .godAdmin)
        try await house.add("dev@example.com", role: .developer)
        try await house.add("away@example.com", role: .godAdmin, state: .suspended)
        func count() async throws -> [Int] {
            var counts: [Int] = []
            for email in ["god@example.com", "other@example.com", "dev@example.com", "away@example.com"] {
                counts.append(try await house.letters(to: email).filter { $0.contains("god admin of") }.count)
            }
            return counts
        }
        let made = try await appoint("new@example.com", role: "god_admin")
        #expect(try await count() == [1, 1, 0, 0])
        let letter = try #require(try await house.letters(to: "other@example.com").last)
        #expect(letter.contains("one more god admin") && letter.contains(made.raw))
        #expect(!letter.contains("new@example.com") && !letter.contains("New One"), "it names nobody")
        #expect(letter.split(separator: "\n").allSatisfy { $0.count <= 76 })
        #expect(letter.firstMatch(of: /\b[0-9]{8}\b/) == nil)

        // Of whom it is about nobody is told twice; a rename is nothing.
        try await change("staff.update", made, ["name": "Newer One"])
        #expect(try await count() == [1, 1, 0, 0])
        try await change("staff.suspend", made)
        #expect(try await count() == [2, 2, 0, 0])
        #expect(try await house.letters(to: "other@example.com").last?.contains("is none any more") == true)
        try await change("staff.update", made, ["role": "developer"])
        #expect(try await count() == [2, 2, 0, 0], "it was none any more")
        try await change("staff.reinstate", made)
        #expect(try await count() == [2, 2, 0, 0], "it is a developer")
        try await change("staff.update", made, ["role": "god_admin"])
        #expect(try await count() == [3, 3, 0, 0])
        try await change("staff.update", made, ["role": "conductor"])
        #expect(try await count() == [4, 4, 0, 0])
        try await change("staff.revoke", other.id)
        #expect(try await count()[0] == 5, "and whoever did it is told, too: the session may be stolen")
    }

    @Test("A god admin who deletes the own account goes, too")
    func godAdminDeletesThemselves() async throws {
        let other = try await house.add("other@example.com", role: .godAdmin)
        let theirs = try await house.steppedUp(other, for: .accountDeletion)
        #expect(try await house.sendKeyed("account.delete", as: theirs).status == 204)
        let letter = try await house.letters(to: "god@example.com").last
        #expect(letter?.contains("is none any more") == true && letter?.contains(other.id.raw) == true)
        #expect(
            try await house.audit() == [
                "\(other.id) | account.delete | \(other.id) | at their own wish "
                    + #"| {"role":"god_admin","state":"active"} | {"role":"god_admin","state":"closed"}"#
            ]
        )
    }

    @Test("Lists show who has a password, and where the codes come from")
    func view() async throws {
        _ = try await house.enrolled("app@example.com")
        let fresh = try await appoint("fresh@example.com")
        let list = try await house.send("staff.list", as: token).output(Page<StaffView>.self)
        let found = Dictionary(uniqueKeysWithValues: list.items.map { ($0.email?.raw ?? "", $0) })
        #expect(found["god@example.com"]?.hasPassword == true && found["god@example.com"]?.secondFactor == .mail)
        #expect(found["app@example.com"]?.secondFactor == .authenticator)
        #expect(found["fresh@example.com"]?.hasPassword == false)
        let shown = try await house.send("staff.show", ["id": fresh.raw], as: token).output(StaffView.self)
        #expect(!shown.hasPassword && shown.secondFactor == .mail)
        try await change("staff.revoke", fresh)
        let gone = try await house.send("staff.show", ["id": fresh.raw], as: token).output(StaffView.self)
        #expect(!gone.hasPassword)
    }
}
