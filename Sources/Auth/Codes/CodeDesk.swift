import CommandBus
import Cryptography

/// Sends one-time codes and takes the answers, inside units of work.
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
    /// - Parameter letter: the letter of a code.
    /// - Throws: ``Problem/Code/tooManyMails``.
    func send(
        _ purpose: CodePurpose, to address: EmailAddress, account: AccountID?, in work: Work<some AccountRecords>,
        letter: (OneTimeCode) -> OutgoingMail
    ) throws -> Sent {
        let code = OneTimeCode.make(random: work.context.random)
        return try send(purpose, to: address, account: account, code: code, letter: letter(code), in: work)
    }

    /// Does all that sending a code does, but for the code: nobody is told it, so the challenge is never met.
    ///
    /// Whoever asks can't tell the difference, neither by the answer nor by the time that it takes.
    func sendDecoy(
        _ purpose: CodePurpose, to address: EmailAddress, in work: Work<some AccountRecords>, letter: OutgoingMail
    ) throws -> Sent {
        let code = OneTimeCode.make(random: work.context.random)
        return try send(purpose, to: address, account: nil, code: code, letter: letter, isDecoy: true, in: work)
    }

    /// Takes an answer.
    ///
    /// A refusal is a result and no error, because the wrong answer that it counts must outlive the unit of work.
    func answer(
        _ challenge: ShownToken, for purpose: CodePurpose, with code: OneTimeCode, in work: Work<some AccountRecords>
    ) throws -> Result<CodeChallenge, Problem> {
        let now = work.context.now
        guard let found = try work.tx.challenge(token: challenge.digest), found.purpose == purpose,
            !found.isSpent, now < found.expiresAt
        else { return .failure(.codeExpired) }
        if let seconds = try pauseAfterFailures(of: found, in: work) { return .failure(.tooManyTries(retryAfter: seconds)) }
        guard found.failures < configuration.codes.triesPerCode else { return .failure(.codeExpired) }
        guard keys.digest(of: code, for: purpose, challenge: found.token) == found.code else {
            try work.tx.recordFailure(of: found.token)
            let left = configuration.codes.triesPerCode - found.failures - 1
            return .failure(left > 0 ? .invalidCode(triesLeft: left) : .codeExpired)
        }
        try work.tx.spend(challenge: found.token)
        return .success(found)
    }

    private func send(
        _ purpose: CodePurpose, to address: EmailAddress, account: AccountID?, code: OneTimeCode, letter: OutgoingMail,
        isDecoy: Bool = false, in work: Work<some AccountRecords>
    ) throws -> Sent {
        let now = work.context.now
        if let seconds = try pauseBeforeMail(purpose, to: address, in: work) {
            throw Problem.tooManyMails(retryAfter: seconds)
        }
        try work.tx.forgetChallenges(sentBefore: now.adding(seconds: -2 * Self.day))
        let token = SecretToken(bytes: work.context.random.bytes(SecretToken.byteCount))
        let digest = token.digest
        // No code at all has the hash of another challenge.
        let bound = isDecoy ? SHA256.digest(digest.bytes) : digest
        let expiresAt = now.adding(seconds: configuration.codes.lifetime)
        try work.tx.insert(
            CodeChallenge(
                token: digest, purpose: purpose, address: address, account: account,
                code: keys.digest(of: code, for: purpose, challenge: bound), sentAt: now, expiresAt: expiresAt
            )
        )
        work.send(letter)
        return Sent(challenge: token, expiresAt: expiresAt)
    }

    private static let day = 24 * 3600

    /// Seconds until another code may be sent; nil if one may be now.
    private func pauseBeforeMail(
        _ purpose: CodePurpose, to address: EmailAddress, in work: Work<some AccountRecords>
    ) throws -> Int? {
        let now = work.context.now
        let limits = configuration.codes
        let sent = try work.tx.codesSent(to: address, for: purpose, since: now.adding(seconds: -3600))
        var earliest = now
        if let last = sent.first { earliest = max(earliest, last.adding(seconds: limits.pauseBetweenMails)) }
        if sent.count >= limits.mailsPerHour {
            // As many must be more than an hour old as leave room for one.
            earliest = max(earliest, sent[limits.mailsPerHour - 1].adding(seconds: 3600))
        }
        return earliest > now ? now.seconds(until: earliest) : nil
    }

    /// Seconds until another answer is taken; nil if one is now.
    private func pauseAfterFailures(of challenge: CodeChallenge, in work: Work<some AccountRecords>) throws -> Int? {
        let now = work.context.now
        let failures = try work.tx.codeFailures(
            of: challenge.address, for: challenge.purpose, since: now.adding(seconds: -Self.day)
        )
        guard failures.count >= configuration.codes.triesPerDay, let first = failures.firstSentAt else { return nil }
        return max(1, now.seconds(until: first.adding(seconds: Self.day)))
    }
}
