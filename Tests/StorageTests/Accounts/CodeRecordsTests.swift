import Auth
import CommandBus
import Cryptography
import Storage
import Support
import Testing

@Suite("Codes and grants as the store keeps them")
struct CodeRecordsTests {
    private let fixture: StoreFixture
    private let account: Account

    init() async throws {
        fixture = try await StoreFixture("codes")
        account = try await fixture.addAccount("one")
    }

    private func challenge(
        _ name: String, _ purpose: CodePurpose, factor: Factor = .mail, to address: String = "one@example.com",
        account: AccountID? = nil, sentAt: Int64, failures: Int = 0
    ) -> CodeChallenge {
        CodeChallenge(
            token: digest(name), purpose: purpose, factor: factor, address: EmailAddress(trusted: address),
            account: account, code: digest("code"), failures: failures, sentAt: at(sentAt), expiresAt: at(sentAt + 100)
        )
    }

    private func add(_ challenges: CodeChallenge...) async throws {
        try await fixture.work { work in for challenge in challenges { try work.tx.insert(challenge) } }
    }

    @Test("A challenge is kept whole, of every purpose", arguments: CodePurpose.allCases)
    func challenge(purpose: CodePurpose) async throws {
        let token = digest("token")
        let kept = CodeChallenge(
            token: token, purpose: purpose, factor: .authenticator, address: account.email, account: account.id,
            session: SessionID(trusted: "s_1"), code: digest("code"), failures: 2, sentAt: at(5), expiresAt: at(6)
        )
        try await add(kept)
        #expect(try await fixture.read { try $0.challenge(token: token) } == kept)
        #expect(try await fixture.kept.row(of: "code_challenges").text("budget") == purpose.budget.rawValue)
        try await fixture.work { work in
            try work.tx.recordFailure(of: token)
            try work.tx.spend(challenge: token)
        }
        let answered = try #require(try await fixture.read { try $0.challenge(token: token) })
        #expect(answered.failures == 3 && answered.isSpent)
    }

    @Test("Mails are counted by address and budget, whatever the purpose; an app's codes are not mails")
    func codesSent() async throws {
        try await add(
            challenge("a", .registration, sentAt: 10), challenge("b", .passwordReset, sentAt: 30),
            challenge("c", .newAddress, sentAt: 20), challenge("d", .signIn, sentAt: 40),
            challenge("e", .registration, to: "two@example.com", sentAt: 50),
            challenge("f", .staffChange, factor: .authenticator, sentAt: 60)
        )
        let address = account.email
        func sent(_ budget: CodeBudget, since start: Int64) async throws -> [Int64] {
            try await fixture.read { try $0.codesSent(to: address, in: budget, since: at(start)).map(\.milliseconds) }
        }
        #expect(try await sent(.strangers, since: 0) == [30, 20, 10])
        #expect(try await sent(.strangers, since: 20) == [30, 20], "the bound is among them")
        #expect(try await sent(.strangers, since: 31) == [])
        #expect(try await sent(.owner, since: 0) == [40])
    }

    @Test("A new password voids what the old one has begun, and counts nothing anew")
    func voidProofs() async throws {
        try await add(
            challenge("a", .signIn, account: account.id, sentAt: 10, failures: 2),
            challenge("b", .passwordReset, account: account.id, sentAt: 20), challenge("c", .registration, sentAt: 30)
        )
        let (id, address) = (account.id, account.email)
        let (mine, other) = (SHA256.digest(Array("mine".utf8)), SHA256.digest(Array("other".utf8)))
        try await fixture.work { work in
            let owners: [(Digest256, AccountID?)] = [(mine, id), (other, nil)]
            for (token, owner) in owners {
                try work.tx.insert(
                    Grant(token: token, purpose: .passwordReset, address: address, account: owner, expiresAt: at(90))
                )
            }
            try work.tx.voidProofs(of: id)
        }
        let rows = try await fixture.kept.rows(of: "code_challenges")
        #expect(rows.count { $0.integer("is_spent") == 1 } == 2 && rows.count == 3)
        #expect(try await fixture.read { try $0.grant(token: mine) } == nil)
        #expect(try await fixture.read { try $0.grant(token: other) } != nil)
        let failures = try await fixture.read { try $0.codeFailures(of: address, in: .owner, since: at(0)).count }
        #expect(failures == 2)
    }

    @Test("An address is welcomed once, also by two at once")
    func welcome() async throws {
        let address = SHA256.digest(Array("somebody".utf8))
        let fixture = fixture
        let news = try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask { try await fixture.work { try $0.tx.noteWelcome(of: address, at: at(1)) } }
            }
            return try await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(news.count { $0 } == 1)
        #expect(try await fixture.kept.count(of: "welcomes") == 1)
    }

    @Test("Wrong answers are counted by address and budget, over all codes and both factors")
    func codeFailures() async throws {
        try await add(
            challenge("a", .signIn, sentAt: 10, failures: 2), challenge("b", .emailChange, sentAt: 20),
            challenge("c", .staffChange, factor: .authenticator, sentAt: 30, failures: 3),
            challenge("d", .registration, sentAt: 40, failures: 5),
            challenge("e", .signIn, to: "two@example.com", sentAt: 50, failures: 7)
        )
        let address = account.email
        func failures(_ budget: CodeBudget, since start: Int64) async throws -> [Int64?] {
            let found = try await fixture.read { try $0.codeFailures(of: address, in: budget, since: at(start)) }
            return [Int64(found.count), found.firstSentAt?.milliseconds]
        }
        #expect(try await failures(.owner, since: 0) == [2, 10])
        #expect(try await failures(.owner, since: 11) == [0, nil])
        #expect(try await failures(.session, since: 0) == [3, 30])
        #expect(try await failures(.strangers, since: 0) == [5, 40])
        #expect(try await failures(.strangers, since: 41) == [0, nil])
    }

    @Test("Of many that want the last mail of a budget at once, one gets it", arguments: [true, false])
    func budgetRace(isSamePurpose: Bool) async throws {
        let (fixture, address) = (fixture, account.email)
        let purposes: [CodePurpose] = isSamePurpose ? [.registration] : [.registration, .passwordReset, .newAddress]
        await withTaskGroup { group in
            for number in 0..<9 {
                let challenge = challenge("\(number)", purposes[number % purposes.count], sentAt: 5)
                group.addTask {
                    _ = try? await fixture.work { work in
                        guard try work.tx.codesSent(to: address, in: .strangers, since: at(0)).isEmpty else { return }
                        try work.tx.insert(challenge)
                    }
                }
            }
        }
        #expect(try await fixture.kept.count(of: "code_challenges") == 1)
    }

    @Test("A grant is kept whole, and is good once", arguments: Grant.Purpose.allCases)
    func grants(purpose: Grant.Purpose) async throws {
        let (fixture, token) = (fixture, digest("grant"))
        let grant = Grant(
            token: token, purpose: purpose, address: account.email, account: purpose == .registration ? nil : account.id,
            expiresAt: at(9)
        )
        try await fixture.work { work in try work.tx.insert(grant) }
        #expect(try await fixture.read { try $0.grant(token: token) } == grant)
        let used = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let isUsed = try? await fixture.work { work in
                        guard try work.tx.grant(token: token) != nil else { return false }
                        try work.tx.remove(grant: token)
                        return true
                    }
                    return isUsed ?? false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(used == 1)
        #expect(try await fixture.kept.count(of: "grants") == 0)
    }

    @Test("Grants that expired long ago are forgotten by and by, and no others")
    func forgetGrants() async throws {
        let address = account.email
        try await fixture.work { work in
            for number in 0..<40 {
                let end = at(number < 30 ? Int64(number) : 10_000)
                try work.tx.insert(
                    Grant(
                        token: digest("\(number)"), purpose: .registration, address: address, account: nil, expiresAt: end
                    )
                )
            }
        }
        for millisecond in 0..<16 as Range<Int64> {
            try await fixture.work { work in try work.tx.forgetGrants(expiredBefore: at(1000 + millisecond)) }
        }
        #expect(try await fixture.kept.rows(of: "grants").allSatisfy { $0.integer("expires_at") == 10_000 })
        #expect(try await fixture.kept.count(of: "grants") == 10)
    }
}
