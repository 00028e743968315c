import Cryptography

extension PasswordDesk {
    /// The hash of an account whose password nobody has: one that was erased, or whose owner is still to set one. To check
    /// a password against it takes as long as against any other.
    var unusableHash: String { Argon2id.decoy(cost: hasher.cost) }
}
