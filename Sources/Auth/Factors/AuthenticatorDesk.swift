import CommandBus
import Cryptography

/// Enrols authenticator apps, and takes their codes, inside units of work.
///
/// Whatever it decides ends in a write of the app's one record: of two units that take the same code at once, the store lets
/// one write, and the other begins again and finds the code used up.
struct AuthenticatorDesk: Sendable {
    let letters: AccountLetters
    let keys: AuthKeys

    /// What every app can do: SHA-1, 6 digits, 30 seconds.
    static let timeCode = TimeCode()
    /// As long as the hash, which RFC 4226 recommends (section 4, R6): 160 bits.
    static let secretByteCount = 20
    /// Steps by which the clock of a phone may be ahead or behind (RFC 6238, section 5.2, has one for the way of the code).
    private static let drift: Int64 = 1
    /// Steps after which an enrolment that was not confirmed is over: 10 minutes.
    private static let enrolmentSteps: Int64 = 20

    /// What the app is to be given, told once.
    struct Enrolment: Sendable {
        let secret: String
        let uri: String
    }

    /// Whether an account has an app that it has confirmed.
    func isEnrolled(_ account: AccountID, in reads: some AccountReads) throws -> Bool {
        try reads.secondFactor(of: account) == .authenticator
    }

    /// Makes a secret for an app; it is no factor before a code of it was shown. An enrolment that was begun before, and not
    /// confirmed, is over.
    ///
    /// - Throws: ``Problem/Code/authenticatorExists``: the app that there is stays as it is.
    func begin(for account: Account, in work: Work<some AccountRecords>) throws -> Enrolment {
        guard try !isEnrolled(account.id, in: work.tx) else { throw Problem.authenticatorExists }
        let secret = work.context.random.bytes(Self.secretByteCount)
        try work.tx.put(
            AuthenticatorApp(
                account: account.id,
                sealedSecret: keys.seal(secret, of: account.id, random: work.context.random), confirmedAt: nil,
                lastStep: Self.step(at: work.context.now) - Self.drift - 1, recoveryCodes: []
            )
        )
        try record("authenticator.started", of: account.id, codesLeft: 0, in: work)
        let uri = AuthenticatorURI(
            issuer: letters.serviceName, address: account.email, secret: secret, code: Self.timeCode
        ).text
        return Enrolment(secret: Base32.encode(secret), uri: uri)
    }

    /// Makes the app a factor, as its owner has shown that it works.
    ///
    /// - Returns: the recovery codes, which nobody can be told again; or that the code is wrong, which changes nothing.
    /// - Throws: ``Problem/Code/noAuthenticator``, ``Problem/Code/authenticatorExists``.
    func confirm(
        _ code: AuthenticatorCode, of account: Account, in work: Work<some AccountRecords>
    ) throws -> Result<[RecoveryCode], Problem> {
        guard let app = try work.tx.authenticator(of: account.id) else { throw Problem.noEnrolment }
        guard app.confirmedAt == nil else { throw Problem.authenticatorExists }
        let begun = app.lastStep + Self.drift + 1
        guard Self.step(at: work.context.now) - begun <= Self.enrolmentSteps else { throw Problem.noEnrolment }
        guard let step = freshStep(of: code.raw, app, at: work.context.now) else {
            return .failure(.wrongAuthenticatorCode)
        }
        let codes = RecoveryCode.make(random: work.context.random)
        try work.tx.put(
            AuthenticatorApp(
                account: app.account, sealedSecret: app.sealedSecret, confirmedAt: work.context.now, lastStep: step,
                recoveryCodes: codes.map { keys.digest(of: $0, account: account.id) }
            )
        )
        try record("authenticator.confirmed", of: account.id, codesLeft: codes.count, in: work)
        work.send(letters.authenticatorEnrolled(to: account.email))
        return .success(codes)
    }

    /// Removes the app and its recovery codes, whether or not it was confirmed: the factor is mail again.
    ///
    /// - Throws: ``Problem/Code/noAuthenticator``.
    func remove(of account: Account, in work: Work<some AccountRecords>) throws {
        guard let app = try work.tx.authenticator(of: account.id) else { throw Problem.noAuthenticator }
        try work.tx.removeAuthenticator(of: account.id)
        try record("authenticator.removed", of: account.id, codesLeft: 0, in: work)
        // Of an enrolment that never was a factor, there is nothing to warn anybody of.
        if app.confirmedAt != nil { work.send(letters.authenticatorRemoved(to: account.email)) }
    }

    /// Makes new recovery codes; those from before are dead.
    ///
    /// - Throws: ``Problem/Code/noAuthenticator``.
    func renewRecoveryCodes(of account: Account, in work: Work<some AccountRecords>) throws -> [RecoveryCode] {
        guard let app = try work.tx.authenticator(of: account.id), app.confirmedAt != nil else {
            throw Problem.noAuthenticator
        }
        let codes = RecoveryCode.make(random: work.context.random)
        try work.tx.put(app.with(recoveryCodes: codes.map { keys.digest(of: $0, account: account.id) }))
        try record("authenticator.recovery_renewed", of: account.id, codesLeft: codes.count, in: work)
        work.send(letters.recoveryCodesRenewed(to: account.email))
        return codes
    }

    /// Takes a code of an account's app, or one of its recovery codes; either is used up by it.
    ///
    /// A clock that was set back doesn't make a code good again. If it was wrong for long, no code of the app is taken until
    /// it has come to where it was; the recovery codes know no time.
    ///
    /// - Returns: whether it was right.
    func accepts(_ code: FactorCode, of account: AccountID, in work: Work<some AccountRecords>) throws -> Bool {
        guard let app = try work.tx.authenticator(of: account), app.confirmedAt != nil else { return false }
        switch code.kind {
        case .mailed: return false
        case .recovery: return try takeRecoveryCode(code, of: app, in: work)
        case .authenticator:
            guard let step = freshStep(of: code.raw, app, at: work.context.now) else { return false }
            try work.tx.put(app.with(lastStep: step))
            return true
        }
    }

    private func takeRecoveryCode(
        _ code: FactorCode, of app: AuthenticatorApp, in work: Work<some AccountRecords>
    ) throws -> Bool {
        guard let shown = RecoveryCode(code), let owner = try work.tx.account(app.account) else { return false }
        let digest = keys.digest(of: shown, account: app.account)
        // Each digest is compared as a whole, and all of them are looked at.
        let left = app.recoveryCodes.filter { $0 != digest }
        guard left.count < app.recoveryCodes.count else { return false }
        try work.tx.put(app.with(recoveryCodes: left))
        try record("authenticator.recovery_used", of: app.account, codesLeft: left.count, in: work)
        work.send(letters.recoveryCodeUsed(to: owner.email, left: left.count))
        return true
    }

    /// The newest step that a code is of, if it is near the clock and later than every one that was used.
    private func freshStep(of code: String, _ app: AuthenticatorApp, at now: Timestamp) -> Int64? {
        guard let secret = keys.open(app.sealedSecret, of: app.account) else { return nil }
        let current = Self.step(at: now)
        return (current - Self.drift...current + Self.drift).reduce(nil) { found, step in
            let isRight = constantTimeEqual(Self.timeCode.code(of: step, secret: secret).utf8, code.utf8)
            return isRight && step > app.lastStep ? step : found
        }
    }

    private static func step(at now: Timestamp) -> Int64 {
        timeCode.step(at: now.milliseconds.flooredQuotient(by: 1000))
    }

    private func record(
        _ kind: String, of account: AccountID, codesLeft: Int, in work: Work<some AccountRecords>
    ) throws {
        try work.record(kind, subject: account.raw, AuthenticatorEvent(recoveryCodesLeft: codesLeft))
    }
}

extension AuthenticatorApp {
    fileprivate func with(lastStep: Int64? = nil, recoveryCodes: [Digest256]? = nil) -> AuthenticatorApp {
        AuthenticatorApp(
            account: account, sealedSecret: sealedSecret, confirmedAt: confirmedAt, lastStep: lastStep ?? self.lastStep,
            recoveryCodes: recoveryCodes ?? self.recoveryCodes
        )
    }
}

/// What the event log keeps of an authenticator app.
private struct AuthenticatorEvent: Encodable {
    let recoveryCodesLeft: Int
}
