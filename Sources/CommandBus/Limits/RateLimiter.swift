/// Admits calls at a bounded rate.
package protocol RateLimiter: Sendable {
    /// Takes one call of a class from the budget of `subject`.
    ///
    /// - Returns: nil if it is admitted, else the seconds after which one may be (rounded up, at least 1).
    func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int?
}

/// Whose budget a call is taken from.
///
/// A signed-in caller pays from its account's, wherever it calls from: a campus shares one address. An anonymous one
/// pays from its address's.
package enum RateSubject: Hashable, Sendable {
    case account(AccountID)
    case address(String)
}
