package import CommandBus
package import Cryptography

/// The authenticator app of a member of staff (RFC 6238), as the store keeps it.
package struct AuthenticatorApp: Sendable, Equatable {
    package let account: AccountID
    /// The shared secret, encrypted with a key that is not in the store.
    package let sealedSecret: [UInt8]
    /// When its owner has shown that the app works; until then it is no factor. Nil while that is outstanding.
    package let confirmedAt: Timestamp?
    /// The newest time step of which a code was taken: it and those before it are used up.
    package let lastStep: Int64
    /// The keyed hashes of the recovery codes that were not used yet.
    package let recoveryCodes: [Digest256]

    package init(
        account: AccountID, sealedSecret: [UInt8], confirmedAt: Timestamp?, lastStep: Int64, recoveryCodes: [Digest256]
    ) {
        self.account = account
        self.sealedSecret = sealedSecret
        self.confirmedAt = confirmedAt
        self.lastStep = lastStep
        self.recoveryCodes = recoveryCodes
    }
}
