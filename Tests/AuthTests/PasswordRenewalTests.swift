import CommandBus
import Cryptography
import Support
import Testing

@testable import Auth

@Suite("Passwords that were hashed at other costs")
struct PasswordRenewalTests {
    private let email = "asha@example.com"
    private let old = Argon2id.Cost(memory: 128, passes: 2)

    /// A house whose account has a hash of older costs.
    private func house() async throws -> (AuthHouse, AccountID) {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        let hash = try Argon2id.hash(Array(AuthHouse.password.utf8), salt: Array(0..<16), cost: old)
        try await house.fixture.work { work in try work.tx.update(account.changed(passwordHash: hash)) }
        return (house, account.id)
    }

    private func cost(_ house: AuthHouse, _ account: AccountID) async throws -> Argon2id.Cost? {
        try await house.fixture.read { try $0.account(account) }.flatMap { Argon2id.cost(of: $0.passwordHash) }
    }

    @Test("A right password is hashed anew in the sign-in's own transaction, and is the same password")
    func renewed() async throws {
        let (house, account) = try await house()
        #expect(try await cost(house, account) == old)
        _ = try await house.signIn(email)
        #expect(try await cost(house, account) == house.service.passwords.hasher.cost)
        house.fixture.clock.advance(seconds: 60)
        _ = try await house.signIn(email)
    }

    @Test("A wrong one changes nothing")
    func wrong() async throws {
        let (house, account) = try await house()
        #expect(try await house.open(email, password: "eight buses at dawn").status == 401)
        #expect(try await cost(house, account) == old)
    }

    @Test("Today's hashes are left as they are")
    func same() async throws {
        let house = try await AuthHouse()
        let account = try await house.add(email)
        _ = try await house.signIn(email)
        #expect(try await house.fixture.read { try $0.account(account.id) }?.passwordHash == account.passwordHash)
    }
}
