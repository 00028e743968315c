import Auth
import CommandBus
import Storage
import Support
import Testing

@Suite("Accounts as the store keeps them")
struct AccountRecordsTests {
    private let fixture: StoreFixture

    init() async throws {
        fixture = try await StoreFixture("accounts")
    }

    @Test("All of an account can be changed but for its identifier, its session epoch and when it was made")
    func update() async throws {
        let account = try await fixture.addAccount("one", rollNumber: "R1")
        try await fixture.work { work in _ = try work.tx.advanceSessionEpoch(of: account.id) }
        let changed = account.with(
            email: "new@example.com", name: "Änne", rollNumber: .some(nil), role: .conductor, state: .suspended,
            passwordHash: "other"
        )
        try await fixture.work { work in try work.tx.update(changed) }
        let kept = try #require(try await fixture.read { try $0.account(account.id) })
        #expect(kept.sessionEpoch == 1, "the epoch in hand was an older one")
        #expect(kept.with() == kept)
        #expect(
            [kept.email.raw, kept.name, kept.rollNumber ?? "-", kept.role.rawValue, kept.state.rawValue, kept.passwordHash]
                == ["new@example.com", "Änne", "-", "conductor", "suspended", "other"]
        )
        #expect(kept.createdAt == account.createdAt)
        #expect(try await fixture.read { try $0.account(email: account.email) } == nil)
        #expect(try await fixture.read { try $0.account(email: changed.email)?.id } == account.id)
        try await fixture.work { work in try work.tx.update(account.with(rollNumber: "R2")) }
        #expect(try await fixture.read { try $0.account(account.id)?.rollNumber } == "R2")
    }

    @Test("An account that there is not can't be changed, and an address that another has is not taken")
    func refusedUpdates() async throws {
        let (one, two) = (try await fixture.addAccount("one"), try await fixture.addAccount("two"))
        let nobody = Account(
            id: AccountID(trusted: "a_nobody"), email: EmailAddress(trusted: "nobody@example.com"), name: "",
            rollNumber: nil,
            role: .rider, passwordHash: "", createdAt: at(0)
        )
        await #expect(throws: Problem.notFound("account")) {
            try await fixture.work { work in try work.tx.update(nobody) }
        }
        await #expect(throws: (any Error).self) {
            try await fixture.work { work in try work.tx.update(two.with(email: one.email.raw)) }
        }
        #expect(try await fixture.read { try $0.account(two.id) } == two)
        #expect(try await fixture.kept.count(of: "accounts") == 2)
    }

    /// The names of a query's accounts.
    private func found(_ query: AccountQuery) async throws -> [String] {
        try await fixture.read { try $0.accounts(query).map(\.name) }
    }

    @Test("Accounts are found by role, state, address and roll number, page by page in the order of identifiers")
    func query() async throws {
        try await fixture.addAccount("b", rollNumber: "R1")
        try await fixture.addAccount("e", role: .godAdmin)
        try await fixture.addAccount("a", rollNumber: "R2")
        try await fixture.addAccount("d", role: .developer, state: .suspended)
        try await fixture.addAccount("c", role: .conductor)
        try await fixture.addAccount("f", state: .suspended, rollNumber: "R1")

        #expect(try await found(AccountQuery(roles: [.rider], limit: 9)) == ["a", "b", "f"])
        let staff: Set<Role> = [.conductor, .developer, .godAdmin]
        #expect(try await found(AccountQuery(roles: staff, limit: 9)) == ["c", "d", "e"])
        #expect(try await found(AccountQuery(roles: staff, state: .suspended, limit: 9)) == ["d"])
        #expect(try await found(AccountQuery(roles: Set(Role.allCases), limit: 9)) == ["a", "b", "c", "d", "e", "f"])
        #expect(try await found(AccountQuery(roles: [], limit: 9)) == [])
        #expect(try await found(AccountQuery(roles: staff, limit: 0)) == [])

        var after: AccountID?
        var pages: [[String]] = []
        while pages.last != [] {
            let place = after
            let page = try await fixture.read {
                try $0.accounts(AccountQuery(roles: Set(Role.allCases), after: place, limit: 4))
            }
            pages.append(page.map(\.name))
            after = page.last?.id
        }
        #expect(pages == [["a", "b", "c", "d"], ["e", "f"], []])

        #expect(try await found(AccountQuery(roles: [.rider], rollNumber: "R1", limit: 9)) == ["b", "f"])
        #expect(try await found(AccountQuery(roles: [.rider], state: .active, rollNumber: "R1", limit: 9)) == ["b"])
        #expect(try await found(AccountQuery(roles: staff, rollNumber: "R1", limit: 9)) == [])
        let address = EmailAddress(trusted: "b@example.com")
        #expect(try await found(AccountQuery(roles: [.rider], email: address, limit: 9)) == ["b"])
        #expect(try await found(AccountQuery(roles: [.rider], email: address, rollNumber: "R2", limit: 9)) == [])
        #expect(try await found(AccountQuery(roles: staff, email: address, limit: 9)) == [])
    }

    @Test("God admins are counted while they are active")
    func godAdmins() async throws {
        let one = try await fixture.addAccount("one", role: .godAdmin)
        try await fixture.addAccount("two", role: .godAdmin, state: .suspended)
        try await fixture.addAccount("three", role: .godAdmin, state: .closed)
        try await fixture.addAccount("four", role: .developer)
        #expect(try await fixture.work { work in try work.tx.countActiveGodAdmins() } == 1)
        let left = try await fixture.work { work in
            try work.tx.update(one.with(role: .conductor))
            return try work.tx.countActiveGodAdmins()
        }
        #expect(left == 0, "a unit sees what it has done itself")
    }

    /// Each of some god admins is suspended at the same time as the others, as long as it is not the last one.
    ///
    /// - Parameter count: how those are counted that are left.
    /// - Returns: how many are left in the end.
    private func suspendAll(
        _ admins: [Account], count: @escaping @Sendable (SuiteTransaction) throws -> Int
    ) async throws -> Int {
        let fixture = fixture
        await withTaskGroup { group in
            for admin in admins {
                group.addTask {
                    _ = try? await fixture.work { work in
                        guard try count(work.tx) > 1 else { return }
                        try work.tx.update(admin.with(state: .suspended))
                    }
                }
            }
        }
        return try await fixture.read {
            try $0.accounts(AccountQuery(roles: [.godAdmin], state: .active, limit: 99)).count
        }
    }

    @Test("Of god admins that are all taken away at once one is left")
    func lastGodAdmin() async throws {
        var admins: [Account] = []
        for name in ["one", "two", "three", "four"] {
            admins.append(try await fixture.addAccount(name, role: .godAdmin, state: .suspended))
        }
        for _ in 0..<10 {
            let all = admins
            try await fixture.work { work in for admin in all { try work.tx.update(admin.with(state: .active)) } }
            #expect(try await suspendAll(admins) { try $0.countActiveGodAdmins() } == 1)
        }
    }

    @Test("Counted without meeting, none would be left: the test before can fail", .enabled(if: TestEngine.isMongoDB))
    func withoutMeeting() async throws {
        let admins = [
            try await fixture.addAccount("one", role: .godAdmin), try await fixture.addAccount("two", role: .godAdmin),
        ]
        let meeting = Meeting(of: 2)
        let left = try await suspendAll(admins) { tx in
            let count = try tx.accounts(AccountQuery(roles: [.godAdmin], state: .active, limit: 9)).count
            try meeting.join()
            return count
        }
        #expect(left == 0)
    }
}
