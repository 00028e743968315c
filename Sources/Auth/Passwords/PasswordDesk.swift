import CommandBus
import Cryptography

/// Hashes and checks passwords, and says so in the terms of a client where it can't.
struct PasswordDesk: Sendable {
    let hasher: PasswordHasher

    /// The hash of a password for an account that is to be made.
    func hash(_ password: NewPassword, random: any RandomSource) async throws -> String {
        try await refusingOverload { try await hasher.hash(password.raw, salt: random.bytes(16)) }
    }

    /// Whether a password is the account's.
    ///
    /// Without an account it takes as long as with one, and the answer is no.
    func check(_ password: ShownPassword, of account: Account?) async throws -> Bool {
        let hash = account?.passwordHash ?? Argon2id.decoy(cost: hasher.cost)
        let isRight = try await refusingOverload { try await hasher.verify(password.raw, against: hash) }
        return isRight && account != nil
    }

    private func refusingOverload<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let overload as PasswordHasher.Overload {
            throw Problem.signInBusy(retryAfter: overload.retryAfter)
        }
    }
}
