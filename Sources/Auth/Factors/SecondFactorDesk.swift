import CommandBus
import Cryptography

/// Asks for the second factor of an account, and takes the answer, inside units of work: a mailed code, or one of the
/// authenticator app where there is one.
struct SecondFactorDesk: Sendable {
    let codes: CodeDesk
    let authenticators: AuthenticatorDesk
    let letters: CodeLetters

    /// What the client gets to answer with.
    struct Asked {
        let challenge: SecretToken
        let factor: Factor
        let expiresAt: Timestamp
    }

    /// Asks for the factor that the account has.
    ///
    /// - Parameter session: the only session that may answer; nil where nobody is signed in.
    /// - Throws: ``Problem/Code/tooManyMails``.
    func ask(
        _ purpose: CodePurpose, of account: Account, session: SessionID?, in work: Work<some AccountRecords>
    ) throws -> Asked {
        let isEnrolled = try authenticators.isEnrolled(account.id, in: work.tx)
        let sent =
            if isEnrolled {
                try codes.askAuthenticator(purpose, of: account, session: session, in: work)
            } else {
                try codes.send(purpose, to: account.email, account: account.id, session: session, in: work) { code in
                    letters.letter(with: code, for: purpose, to: account.email)
                }
            }
        return Asked(challenge: sent.challenge, factor: isEnrolled ? .authenticator : .mail, expiresAt: sent.expiresAt)
    }

    /// Takes an answer.
    ///
    /// A refusal is a result and no error, because the wrong answer that it counts must outlive the unit of work. A code of
    /// the other factor is a wrong answer.
    func answer(
        _ challenge: ShownToken, for purpose: CodePurpose, with code: FactorCode, session: SessionID?,
        in work: Work<some AccountRecords>
    ) throws -> Result<CodeChallenge, Problem> {
        try codes.answer(challenge, for: purpose, session: session, in: work) { found in
            switch found.factor {
            case .mail:
                // Since an app was enrolled the mailbox alone is not enough.
                guard let mailed = code.mailed, let account = found.account,
                    try !authenticators.isEnrolled(account, in: work.tx)
                else { return false }
                return codes.isMet(found, by: mailed)
            case .authenticator:
                guard let account = found.account, code.kind != .mailed else { return false }
                return try authenticators.accepts(code, of: account, in: work)
            }
        }
    }
}
