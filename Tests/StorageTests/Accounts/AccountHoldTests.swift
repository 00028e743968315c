import Auth
import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing

@Suite("Units of work that go by an account, beside others that change it")
struct AccountHoldTests {
    private let fixture: StoreFixture

    init() async throws {
        fixture = try await StoreFixture("hold")
    }

    /// Runs two units of work at once. Each of them waits for the other at the meeting, of which SQLite has none: it has one
    /// writer, whom nobody could come to.
    private func together(
        _ one: @escaping @Sendable (SuiteTransaction, Meeting?) throws -> Void,
        _ other: @escaping @Sendable (SuiteTransaction, Meeting?) throws -> Void
    ) async throws {
        let (fixture, meeting) = (fixture, TestEngine.isMongoDB ? Meeting(of: 2) : nil)
        try await withThrowingTaskGroup { group in
            group.addTask { try await fixture.work { work in try one(work.tx, meeting) } }
            group.addTask { try await fixture.work { work in try other(work.tx, meeting) } }
            try await group.waitForAll()
        }
    }

    /// Has an account act as long as it is active, while somebody suspends it.
    ///
    /// - Returns: whether it has acted and whoever suspended it saw nothing of that, though both are committed.
    private func actBesideSuspension(_ name: String, isHeld: Bool) async throws -> Bool {
        let account = try await fixture.addAccount(name, role: .developer)
        try await together(
            { tx, meeting in
                guard try tx.account(account.id)?.state == .active else { return }
                try meeting?.join()
                if isHeld { try tx.hold(account.id) }
                try tx.set("done \(name)", Data("1".utf8))
            },
            { tx, meeting in
                let isDone = try tx.setting("done \(name)") != nil
                try meeting?.join()
                if isDone { try tx.set("seen \(name)", Data("1".utf8)) }
                try tx.update(account.with(state: .suspended))
            }
        )
        let isDone = try await fixture.read { try $0.setting("done \(name)") != nil }
        let isSeen = try await fixture.read { try $0.setting("seen \(name)") != nil }
        return isDone && !isSeen
    }

    @Test("Whoever goes by an account's state has acted before it was suspended, or does not")
    func suspension() async throws {
        for round in 0..<10 { #expect(try await !actBesideSuspension("round-\(round)", isHeld: true)) }
    }

    @Test("Not held, it would act afterwards: the test before can fail", .enabled(if: TestEngine.isMongoDB))
    func notHeld() async throws {
        #expect(try await actBesideSuspension("one", isHeld: false))
    }

    @Test("An account that there is not can be held, and one that is held twice is as it was")
    func harmless() async throws {
        let one = try await fixture.addAccount("one")
        try await fixture.work { work in
            try work.tx.hold(AccountID(trusted: "a_nobody"))
            for _ in 0..<2 { try work.tx.hold(one.id) }
            #expect(try work.tx.account(one.id) == one)
        }
        #expect(try await fixture.read { try $0.account(one.id) } == one)
        #expect(try await fixture.kept.count(of: "accounts") == 1)
    }

    /// Has a sign-in with the password as it is begin something, while the password is changed.
    private func signInBesideReset(
        _ name: String, begin: @escaping @Sendable (SuiteTransaction, Account) throws -> Void
    ) async throws {
        let account = try await fixture.addAccount(name)
        try await together(
            { tx, meeting in
                guard try tx.account(account.id)?.passwordHash == account.passwordHash else { return }
                try meeting?.join()
                try begin(tx, account)
            },
            { tx, meeting in
                let devices = try tx.devices(of: account.id).map(\.id)
                try meeting?.join()
                try tx.update(account.with(passwordHash: "new"))
                try tx.forget(devices, of: account.id)
                try tx.voidProofs(of: account.id)
            }
        )
    }

    /// How much there is that the old password has begun, and that is good still.
    private func survivors() async throws -> Int {
        let challenges = try await fixture.kept.count(of: "code_challenges") { $0.integer("is_spent") == 0 }
        return challenges + (try await fixture.kept.count(of: "devices"))
    }

    @Test("A challenge that a sign-in has begun beside a new password is void, or was not begun")
    func challenge() async throws {
        for round in 0..<10 {
            try await signInBesideReset("round-\(round)") { tx, account in
                try tx.insert(
                    CodeChallenge(
                        token: digest(account.name), purpose: .signIn, factor: .mail, address: account.email,
                        account: account.id, code: digest("code"), sentAt: at(0), expiresAt: at(1)
                    )
                )
            }
            #expect(try await survivors() == 0)
        }
    }

    @Test("A device that is remembered beside a new password is forgotten, or was not remembered")
    func device() async throws {
        for round in 0..<10 {
            try await signInBesideReset("round-\(round)") { tx, account in
                try tx.put(
                    RememberedDevice(
                        id: DeviceID(trusted: "dev_1"), account: account.id, secret: digest("secret"), previous: nil,
                        firstUsedAt: at(0), lastUsedAt: at(0)
                    )
                )
            }
            #expect(try await survivors() == 0)
        }
    }

    @Test("Written down without that, it survives: the tests before can fail", .enabled(if: TestEngine.isMongoDB))
    func survivor() async throws {
        try await signInBesideReset("one") { tx, account in
            let row: BSONDocument = [
                "_id": .binary(Data(digest("one").bytes)), "purpose": "sign_in", "budget": "owner", "factor": "mail",
                "address": .string(account.email.raw), "account": .string(account.id.raw),
                "code": .binary(Data(digest("code").bytes)), "failures": 0, "sent_at": 0, "expires_at": 1, "is_spent": 0,
            ]
            try (tx.records as? MongoTransaction)?.session.insert("code_challenges", row)
        }
        #expect(try await survivors() == 1)
    }
}
