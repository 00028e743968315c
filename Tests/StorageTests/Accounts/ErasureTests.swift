import Auth
import CommandBus
import Mail
import Storage
import Support
import Testing

@Suite("What is forgotten with an account")
struct ErasureTests {
    private let fixture: StoreFixture

    init() async throws {
        fixture = try await StoreFixture("erasure")
    }

    /// Gives an account one of everything; what is kept by a digest has the account's name in it.
    private func fill(_ account: Account) async throws {
        let (name, id, address) = (account.name, account.id, account.email)
        try await fixture.work { work in
            try work.tx.put(
                RememberedDevice(
                    id: DeviceID(trusted: "dev_\(name)"), account: id, secret: digest(name), previous: nil,
                    firstUsedAt: at(0), lastUsedAt: at(0)
                )
            )
            try work.tx.put(
                AuthenticatorApp(account: id, sealedSecret: [1], confirmedAt: nil, lastStep: 0, recoveryCodes: [])
            )
            try work.tx.put(
                StepUp(session: SessionID(trusted: "s_\(name)"), purpose: .emailChange, account: id, expiresAt: at(1))
            )
            let elsewhere = EmailAddress(trusted: "else-\(name)@example.com")
            // By the account and its address, by the account alone, by the address alone.
            for (number, owner) in [(id, address), (id, elsewhere), (nil, address)].enumerated() {
                let token = digest("\(name) \(number)")
                try work.tx.insert(
                    CodeChallenge(
                        token: token, purpose: .signIn, factor: .mail, address: owner.1, account: owner.0, code: token,
                        sentAt: at(0), expiresAt: at(1)
                    )
                )
                try work.tx.insert(
                    Grant(token: token, purpose: .passwordReset, address: owner.1, account: owner.0, expiresAt: at(1))
                )
            }
        }
    }

    /// Puts a letter into the outbox, and gives it up.
    private func giveUp(_ address: EmailAddress) async throws {
        try await queue(address)
        try await fixture.work { work in
            for letter in try work.tx.claimLetters(dueAt: work.context.now, until: work.context.now, limit: 9)
            where letter.mail.to == address {
                #expect(try work.tx.abandonLetter(letter, because: "refused"))
            }
        }
    }

    private func queue(_ address: EmailAddress) async throws {
        try await fixture.work { work in work.send(OutgoingMail(to: address, subject: "s", body: "b")) }
    }

    private static let tables = ["devices", "authenticators", "step_ups", "code_challenges", "grants", "mail_outbox"]

    private func counts() async throws -> [Int] {
        var counts: [Int] = []
        for table in Self.tables { counts.append(try await fixture.kept.count(of: table)) }
        return counts
    }

    @Test("All that names the account or its address goes; what is of others stays, and so do letters that are still due")
    func erase() async throws {
        let (one, two) = (try await fixture.addAccount("one"), try await fixture.addAccount("two"))
        for account in [one, two] {
            try await fill(account)
            try await giveUp(account.email)
        }
        for account in [one, two] { try await queue(account.email) }
        #expect(try await counts() == [2, 2, 2, 6, 6, 4])
        let before = try await fixture.kept.rows(of: "accounts")

        try await fixture.work { work in try work.tx.eraseTraces(of: one.id, address: one.email) }
        #expect(try await counts() == [1, 1, 1, 3, 3, 3])
        for table in Self.tables.dropLast() {
            for row in try await fixture.kept.rows(of: table) {
                #expect(!row.written.contains { $0.contains("one") }, "\(table)")
            }
        }
        let letters = try await fixture.kept.rows(of: "mail_outbox") { $0.text("recipient") == one.email.raw }
        #expect(letters.count == 1 && letters.first?.integer("due_at") != nil)
        #expect(try await fixture.kept.rows(of: "accounts") == before, "the account itself is not touched")

        try await fixture.work { work in try work.tx.eraseTraces(of: one.id, address: one.email) }
        #expect(try await counts() == [1, 1, 1, 3, 3, 3], "where nothing is left nothing is wrong")
    }

    @Test("Of its sessions the newest token is left")
    func sessions() async throws {
        let (one, two) = (try await fixture.addAccount("one"), try await fixture.addAccount("two"))
        for account in [one, two] {
            try await fixture.work { work in
                // All of one instant: the second sign-in was refreshed twice.
                let rows: [(epoch: Int, ending: StoredSession.Ending?)] = [
                    (1, .replaced), (2, .refreshed), (2, .refreshed), (2, .revoked),
                ]
                for (number, row) in rows.enumerated() {
                    try work.tx.insert(
                        StoredSession(
                            token: digest("\(account.name) \(number)"),
                            id: SessionID(trusted: "s_\(account.name)_\(row.epoch)"), account: account.id, role: .rider,
                            epoch: row.epoch, issuedAt: at(0), expiresAt: at(9)
                        )
                    )
                    if let ending = row.ending { try work.tx.endOpenSession(of: account.id, as: ending, at: at(0)) }
                }
            }
        }
        // Twice, as where there is one it is left.
        for _ in 0..<2 {
            try await fixture.work { work in try work.tx.eraseTraces(of: one.id, address: one.email) }
            let left = try await fixture.read { try $0.sessions(of: one.id, limit: 9) }
            #expect(left.map(\.token) == [digest("one 3")])
        }
        #expect(try await fixture.read { try $0.sessions(of: two.id, limit: 9) }.count == 4)
    }

    @Test("Letters that were given up to other addresses go as far as codes tell of these, and those of others stay")
    func otherAddresses() async throws {
        for account in [try await fixture.addAccount("one"), try await fixture.addAccount("two")] {
            try await fill(account)
            try await giveUp(EmailAddress(trusted: "else-\(account.name)@example.com"))
        }
        let one = try #require(try await fixture.read { try $0.account(AccountID(trusted: "a_one")) })
        try await fixture.work { work in try work.tx.eraseTraces(of: one.id, address: one.email) }
        let recipients = try await fixture.kept.rows(of: "mail_outbox").map { $0.text("recipient") }
        #expect(recipients == ["else-two@example.com"])
    }

    @Test("What a unit of work that is undone has erased is still there")
    func undone() async throws {
        let one = try await fixture.addAccount("one")
        try await fill(one)
        let before = try await counts()
        await #expect(throws: Problem.notFound("luck")) {
            try await fixture.work { work in
                try work.tx.eraseTraces(of: one.id, address: one.email)
                throw Problem.notFound("luck")
            }
        }
        #expect(try await counts() == before)
    }
}
