import CommandBus
import Cryptography

extension AuthService {
    /// Gives whoever has answered a code the right to finish what they began.
    ///
    /// - Parameter lifetime: seconds.
    /// - Returns: the token, which can't be told again.
    func give(
        _ purpose: Grant.Purpose, to challenge: CodeChallenge, for lifetime: Int, in work: Work<Store.Transaction>
    ) throws -> (token: SecretToken, expiresAt: Timestamp) {
        try give(purpose, of: challenge.address, account: challenge.account, for: lifetime, in: work)
    }

    /// Gives whoever has shown that a mailbox is theirs a right.
    ///
    /// - Parameter lifetime: seconds.
    /// - Returns: the token, which can't be told again.
    func give(
        _ purpose: Grant.Purpose, of address: EmailAddress, account: AccountID?, for lifetime: Int,
        in work: Work<Store.Transaction>
    ) throws -> (token: SecretToken, expiresAt: Timestamp) {
        let now = work.context.now
        try work.tx.forgetGrants(expiredBefore: now)
        let token = SecretToken(bytes: work.context.random.bytes(SecretToken.byteCount))
        let expiresAt = now.adding(seconds: lifetime)
        try work.tx.insert(
            Grant(
                token: token.digest, purpose: purpose, address: address, account: account, expiresAt: expiresAt
            )
        )
        return (token, expiresAt)
    }

    /// The right that a token gives; nil if it is over, or a right to something else. It is left as it is.
    func grant(
        _ token: ShownToken, for purpose: Grant.Purpose, in reads: some AccountReads, at now: Timestamp
    ) throws -> Grant? {
        let lifetime =
            switch purpose {
            case .registration: configuration.registrationLifetime
            case .passwordReset, .signIn: configuration.resetLifetime
            }
        guard let grant = try reads.grant(token: token.digest), grant.purpose == purpose,
            grant.expiresAt.isEnd(of: lifetime, ahead: now)
        else { return nil }
        return grant
    }
}
