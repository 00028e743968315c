import CommandBus

/// Takes tries at passwords, codes and tokens from the budgets of whoever makes them, before the secret is looked at.
///
/// Who guesses at one account runs into the account's budget, who sprays over many from one place into that of the network
/// address, and who does so from many places into the one that all have in common. A device that the account knows has a
/// budget of its own instead of all of these, so that no stranger's guesses keep the owner out (OWASP, "Slow Down Online
/// Guessing Attacks with Device Cookies").
package struct GuessDesk: Sendable {
    let limiter: any GuessLimiter
    let rates: AuthConfiguration.Guesses
    let keys: AuthKeys

    /// A try that was admitted. If it was right it costs nothing.
    struct Guess: Sendable {
        fileprivate let limiter: any GuessLimiter
        fileprivate let budgets: [GuessBudget]
        fileprivate let at: Timestamp

        func wasRight() async {
            await limiter.giveBack(budgets, at: at)
        }

        /// Looks at the secret. A look that fails, as where the server is too busy, costs no more than a right one: nothing
        /// was learnt from it.
        ///
        /// - Parameter look: whether the secret is right.
        func check(_ look: () async throws -> Bool) async throws -> Bool {
            do {
                guard try await look() else { return false }
                await wasRight()
                return true
            } catch {
                await wasRight()
                throw error
            }
        }
    }

    /// Takes a try at the password of an address, whether or not it has an account.
    ///
    /// - Parameters:
    ///   - device: the device that was shown, if the account knows it: its tries are its own, so that nobody else can use
    ///     them up.
    ///   - source: the network address of the caller.
    /// - Throws: ``Problem/Code/tooManyGuesses``.
    func password(
        of address: EmailAddress, device: DeviceID?, from source: String, at now: Timestamp
    ) async throws -> Guess {
        if let device { return try await take([budget("device", device.raw, rates.account)], at: now) }
        return try await take([budget("account", address.raw, rates.account)] + everybody(from: source), at: now)
    }

    /// Takes a try at a one-time code. How often one code, and the codes of one account, may be guessed is counted in the
    /// store besides.
    ///
    /// - Parameters:
    ///   - session: of a caller who is signed in: its tries are its own, so that nobody else can use them up.
    ///   - source: the network address of the caller.
    /// - Throws: ``Problem/Code/tooManyGuesses``.
    func code(in session: SessionID?, from source: String, at now: Timestamp) async throws -> Guess {
        if let session { return try await take([budget("session", session.raw, rates.address)], at: now) }
        return try await take(everybody(from: source), at: now)
    }

    /// Takes a try at a session token, which the store does not know.
    ///
    /// - Throws: ``Problem/Code/tooManyGuesses``.
    func token(from source: String, at now: Timestamp) async throws -> Guess {
        try await take([budget("tokens", ClientAddresses.network(of: source), rates.tokens)], at: now)
    }

    private func everybody(from source: String) -> [GuessBudget] {
        [budget("address", ClientAddresses.network(of: source), rates.address), GuessBudget("global", rates.global)]
    }

    private func take(_ budgets: [GuessBudget], at now: Timestamp) async throws -> Guess {
        if let seconds = await limiter.take(budgets, at: now) { throw Problem.tooManyGuesses(retryAfter: seconds) }
        return Guess(limiter: limiter, budgets: budgets, at: now)
    }

    /// Whoever reads the names of the budgets learns nobody's address from them.
    private func budget(_ kind: String, _ subject: String, _ rate: Rate) -> GuessBudget {
        GuessBudget("\(kind):\(keys.name(of: subject, kind))", rate)
    }
}
