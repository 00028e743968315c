import CommandBus
import Cryptography

/// Takes tries at passwords, codes and tokens from the budgets of whoever makes them, before the secret is looked at; and
/// letters from those of whoever has them sent.
///
/// Who guesses at one account runs into the account's budget, who sprays over many from one place into that of the network
/// address, and who does so from many places into the one that all have in common. A device that the account knows has a
/// budget of its own instead of all of these, so that no stranger's guesses keep the owner out (OWASP, "Slow Down Online
/// Guessing Attacks with Device Cookies").
package struct GuessDesk: Sendable {
    let limiter: any GuessLimiter
    let rates: AuthConfiguration.Guesses
    /// Letters that anybody can have sent from one network.
    let letters: Rate
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

    /// What an account knows of whoever tries its password. Their tries are their own, so that nobody else uses them up.
    enum Acquaintance: Sendable {
        /// It has passed the second factor.
        case device(DeviceID)
        /// It is signed in.
        case session(SessionID)
        /// Has set the password by a code that went to its mailbox, and got this for it.
        case mailbox(Digest256)

        fileprivate var name: String {
            switch self {
            case .device(let device): device.raw
            case .session(let session): session.raw
            case .mailbox(let right): Base64URL.encode(right.bytes)
            }
        }
    }

    /// Takes a try at the password of an address, whether or not it has an account.
    ///
    /// - Parameters:
    ///   - caller: what the account knows of them; nil for what may be any stranger.
    ///   - source: the network address of the caller.
    /// - Throws: ``Problem/Code/tooManyGuesses``.
    func password(
        of address: EmailAddress, by caller: Acquaintance?, from source: String, at now: Timestamp
    ) async throws -> Guess {
        if let caller { return try await take([budget("device", caller.name, rates.account)], at: now) }
        let own = budget("account", address.raw, rates.account)
        return try await take([own] + network(source) + [GuessBudget("global:passwords", rates.global)], at: now)
    }

    /// Who answers a code, as far as it can be told before the answer is looked at.
    enum Answerer {
        /// Anybody: the code was sent to an address that anybody can name.
        case stranger
        /// Somebody who has shown the password of the account.
        case owner
        /// Somebody whose session has asked for the code, and is the only one that may answer it.
        case session(SessionID)
    }

    /// Takes a try at a one-time code. How often one code, and the codes of one address, may be guessed is counted in the
    /// store besides.
    ///
    /// - Parameters:
    ///   - answerer: a session's tries are its own, so that nobody else can use them up; and those of all strangers together
    ///     don't keep anybody from signing in.
    ///   - source: the network address of the caller.
    /// - Throws: ``Problem/Code/tooManyGuesses``.
    func code(of answerer: Answerer, from source: String, at now: Timestamp) async throws -> Guess {
        switch answerer {
        case .stranger: try await take(network(source) + [GuessBudget("global:codes", rates.global)], at: now)
        case .owner: try await take(network(source), at: now)
        case .session(let session): try await take([budget("session", session.raw, rates.address)], at: now)
        }
    }

    /// Takes a letter that anybody can have sent to an address that may be nobody's. How many go to one address is counted in
    /// the store besides; this keeps one network from filling the outbox with letters to many.
    ///
    /// - Parameter source: the network address of the caller.
    /// - Throws: ``Problem/Code/tooManyMails``.
    func letter(from source: String, at now: Timestamp) async throws {
        if let seconds = await limiter.take(network(source, "letters", letters), at: now) {
            throw Problem.tooManyLetters(retryAfter: seconds)
        }
    }

    /// Takes a try at a session token, which the store does not know.
    ///
    /// - Throws: ``Problem/Code/tooManyGuesses``.
    func token(from source: String, at now: Timestamp) async throws -> Guess {
        try await take([budget("tokens", ClientAddresses.network(of: source), rates.tokens)], at: now)
    }

    /// How many times as much as one network of IPv6 (a /64) the site that it is of (a /48) may use up: a household is given
    /// many networks.
    private static let networksOfSite = 4

    /// The budgets of the network, and of the site, that a caller is of.
    private func network(_ source: String, _ kind: String = "address", _ rate: Rate? = nil) -> [GuessBudget] {
        let rate = rate ?? rates.address
        let own = budget(kind, ClientAddresses.network(of: source), rate)
        guard let site = ClientAddresses.site(of: source) else { return [own] }
        let times = Self.networksOfSite
        let wider = Rate(perSecond: rate.perSecond * Double(times), burst: rate.burst * times)
        return [own, budget(kind, site, wider)]
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
