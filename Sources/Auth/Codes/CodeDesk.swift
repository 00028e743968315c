import CommandBus
import Cryptography

/// Asks questions that one-time codes answer, and takes the answers, inside units of work.
struct CodeDesk: Sendable {
    let configuration: AuthConfiguration
    let keys: AuthKeys

    /// What the client gets to answer with.
    struct Sent {
        let challenge: SecretToken
        let expiresAt: Timestamp
    }

    /// Sends a code, within the limits of its address.
    ///
    /// - Parameters:
    ///   - session: the only session that may answer; nil where nobody is signed in.
    ///   - letter: the letter of a code.
    /// - Throws: ``Problem/Code/tooManyMails``.
    func send(
        _ purpose: CodePurpose, to address: EmailAddress, account: AccountID?, session: SessionID? = nil,
        in work: Work<some AccountRecords>, letter: (OneTimeCode) -> OutgoingMail
    ) throws -> Sent {
        try checkMails(purpose.budget, to: address, in: work)
        let code = OneTimeCode.make(random: work.context.random)
        let sent = try ask(purpose, .mail, of: address, account: account, session: session, in: work) { challenge in
            keys.digest(of: code, for: purpose, challenge: challenge)
        }
        work.send(letter(code))
        return sent
    }

    /// Does all that sending a code does, but for the code: nobody is told it, so the challenge is never met.
    ///
    /// Whoever asks can't tell the difference, neither by the answer nor by the time that it takes.
    func sendDecoy(
        _ purpose: CodePurpose, to address: EmailAddress, session: SessionID? = nil, in work: Work<some AccountRecords>,
        letter: OutgoingMail
    ) throws -> Sent {
        try checkMails(purpose.budget, to: address, in: work)
        let code = OneTimeCode.make(random: work.context.random)
        let sent = try ask(purpose, .mail, of: address, account: nil, session: session, in: work) { challenge in
            // No code at all has the hash of another challenge.
            keys.digest(of: code, for: purpose, challenge: SHA256.digest(challenge.bytes))
        }
        work.send(letter)
        return sent
    }

    /// Asks for a code that the account's authenticator app shows. No letter is sent, so the limits of letters are not asked;
    /// wrong answers are counted as those to letters are.
    func askAuthenticator(
        _ purpose: CodePurpose, of account: Account, session: SessionID?, in work: Work<some AccountRecords>
    ) throws -> Sent {
        try ask(purpose, .authenticator, of: account.email, account: account.id, session: session, in: work) { _ in
            SHA256.digest([])
        }
    }

    /// Takes an answer with a code that was sent by mail.
    ///
    /// A refusal is a result and no error, because the wrong answer that it counts must outlive the unit of work.
    func answer(
        _ challenge: ShownToken, for purpose: CodePurpose, with code: OneTimeCode, session: SessionID? = nil,
        in work: Work<some AccountRecords>
    ) throws -> Result<CodeChallenge, Problem> {
        try answer(challenge, for: purpose, session: session, in: work) { isMet($0, by: code) }
    }

    /// Takes an answer.
    ///
    /// - Parameters:
    ///   - session: whose answer it is: a challenge that a session has asked for is answered by that one only.
    ///   - isRight: whether it is right; it is asked only where an answer can still be taken.
    /// - Returns: the challenge, or the refusal of a wrong answer.
    /// - Throws: ``Problem/Code/codeExpired``, ``Problem/Code/tooManyTries`` where no answer is taken: nothing was looked at,
    ///   and nothing is counted.
    func answer(
        _ challenge: ShownToken, for purpose: CodePurpose, session: SessionID?, in work: Work<some AccountRecords>,
        isRight: (CodeChallenge) throws -> Bool
    ) throws -> Result<CodeChallenge, Problem> {
        let now = work.context.now
        guard let found = try work.tx.challenge(token: challenge.digest), found.purpose == purpose,
            found.session == session, !found.isSpent, now < found.expiresAt, !found.sentAt.isFuture(at: now)
        else { throw Problem.codeExpired }
        if let seconds = try pauseAfterFailures(of: found, in: work) { throw Problem.tooManyTries(retryAfter: seconds) }
        guard found.failures < configuration.codes.triesPerCode else { throw Problem.codeExpired }
        guard try isRight(found) else {
            try work.tx.recordFailure(of: found.token)
            let left = configuration.codes.triesPerCode - found.failures - 1
            return .failure(left > 0 ? .invalidCode(triesLeft: left) : .codeExpired)
        }
        try work.tx.spend(challenge: found.token)
        return .success(found)
    }

    /// Whether a code is the one that was sent for a challenge.
    func isMet(_ challenge: CodeChallenge, by code: OneTimeCode) -> Bool {
        challenge.factor == .mail
            && keys.digest(of: code, for: challenge.purpose, challenge: challenge.token) == challenge.code
    }

    private func ask(
        _ purpose: CodePurpose, _ factor: Factor, of address: EmailAddress, account: AccountID?, session: SessionID?,
        in work: Work<some AccountRecords>, code: (Digest256) -> Digest256
    ) throws -> Sent {
        let now = work.context.now
        try work.tx.forgetChallenges(sentBefore: now.adding(seconds: -2 * Self.day))
        let token = SecretToken(bytes: work.context.random.bytes(SecretToken.byteCount))
        let digest = token.digest
        let expiresAt = now.adding(seconds: configuration.codes.lifetime)
        try work.tx.insert(
            CodeChallenge(
                token: digest, purpose: purpose, factor: factor, address: address, account: account, session: session,
                code: code(digest), sentAt: now, expiresAt: expiresAt
            )
        )
        return Sent(challenge: token, expiresAt: expiresAt)
    }

    private static let hour = 3600
    private static let day = 24 * 3600

    /// Refuses a mail beyond the limits of its address.
    ///
    /// - Throws: ``Problem/Code/tooManyMails``.
    private func checkMails(
        _ budget: CodeBudget, to address: EmailAddress, in work: Work<some AccountRecords>
    ) throws {
        let now = work.context.now
        let limits = configuration.codes
        // What a clock that was set back has left in the future would hold up the address until it is reached again.
        let sent = try work.tx.codesSent(to: address, in: budget, since: now.adding(seconds: -Self.hour))
            .filter { !$0.isFuture(at: now) }
        var wait = 0
        if let last = sent.first {
            let earliest = last.adding(seconds: limits.pauseBetweenMails)
            wait = min(now.seconds(until: earliest), limits.pauseBetweenMails)
        }
        if sent.count >= limits.mailsPerHour {
            // As many must be an hour old as leave room for one.
            let earliest = sent[limits.mailsPerHour - 1].adding(seconds: Self.hour)
            wait = max(wait, min(now.seconds(until: earliest), Self.hour))
        }
        if wait > 0 { throw Problem.tooManyMails(retryAfter: wait) }
    }

    /// Seconds until another answer is taken; nil if one is now.
    private func pauseAfterFailures(of challenge: CodeChallenge, in work: Work<some AccountRecords>) throws -> Int? {
        let now = work.context.now
        let (address, budget, limit) = (challenge.address, challenge.purpose.budget, configuration.codes.triesPerDay)
        let failures = try work.tx.codeFailures(of: address, in: budget, since: now.adding(seconds: -Self.day))
        guard failures.count >= limit, let first = failures.firstSentAt else { return nil }
        // Those of a clock that was set back since don't count; there are none of them but then.
        let ahead = now.adding(seconds: ClockSkew.allowed).adding(milliseconds: 1)
        guard failures.count - (try work.tx.codeFailures(of: address, in: budget, since: ahead).count) >= limit else {
            return nil
        }
        return min(max(1, now.seconds(until: first.adding(seconds: Self.day))), Self.day)
    }
}
