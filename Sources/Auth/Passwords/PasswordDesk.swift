import CommandBus
import Cryptography

/// Hashes and checks passwords, and says so in the terms of a client where it can't.
struct PasswordDesk: Sendable {
    let hasher: PasswordHasher

    /// The hash of a password for an account that is to be made, or whose password is to be changed.
    ///
    /// - Parameter source: the network address of the caller: each has its fair share of the hashing.
    /// - Throws: ``Problem/Code/signInBusy``.
    func hash(_ password: NewPassword, random: any RandomSource, from source: String) async throws -> String {
        try await refusingOverload {
            try await hasher.hash(password.raw, salt: random.bytes(16), source: ClientAddresses.network(of: source))
        }
    }

    /// Whether a password is the account's.
    ///
    /// Without an account it takes as long as with one, and the answer is no.
    ///
    /// - Parameter source: the network address of the caller: each has its fair share of the hashing.
    /// - Throws: ``Problem/Code/signInBusy``.
    func check(_ password: ShownPassword, of account: Account?, from source: String) async throws -> Bool {
        let hash = account?.passwordHash ?? Argon2id.decoy(cost: hasher.cost)
        let isRight = try await refusingOverload {
            try await hasher.verify(password.raw, against: hash, source: ClientAddresses.network(of: source))
        }
        return isRight && account != nil
    }

    /// The hash at today's costs of a password that was right for an account, if the one that is kept has others. A sign-in
    /// is the moment for it: only then is the password at hand.
    ///
    /// - Parameter source: the network address of the caller.
    /// - Returns: nil where nothing has to be written: the costs are today's, or the line is full, and it can be done at the
    ///   next sign-in.
    func renewedHash(
        of password: ShownPassword, for account: Account, random: any RandomSource, from source: String
    ) async throws -> String? {
        guard needsRehash(account) else { return nil }
        do {
            return try await hasher.hash(
                password.raw, salt: random.bytes(16), source: ClientAddresses.network(of: source)
            )
        } catch is PasswordHasher.Overload {
            return nil
        }
    }

    /// Whether an account's hash has other costs than new ones have.
    func needsRehash(_ account: Account) -> Bool {
        Argon2id.cost(of: account.passwordHash) != hasher.cost
    }

    private func refusingOverload<Value>(_ body: () async throws -> Value) async throws -> Value {
        do {
            return try await body()
        } catch let overload as PasswordHasher.Overload {
            throw Problem.signInBusy(retryAfter: overload.retryAfter)
        }
    }
}
