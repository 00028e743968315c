/// Bounds how often secrets are guessed.
///
/// A try is taken from all its budgets before the secret is looked at, and given back if the secret was right: a hundred
/// guesses at once are so no more than a hundred one after another.
package protocol GuessLimiter: Sendable {
    /// Takes one try from each of some budgets, or from none.
    ///
    /// - Returns: nil if it is admitted, else the seconds after which one may be (rounded up, at least 1).
    func take(_ budgets: [GuessBudget], at now: Timestamp) async -> Int?
    /// Gives one try back to each of some budgets, from which it was taken.
    func giveBack(_ budgets: [GuessBudget], at now: Timestamp) async
}

/// How many wrong guesses of one kind there may be.
package struct GuessBudget: Sendable, Hashable {
    /// What is guessed, and by whom or of whom: letters and digits that tell no secret.
    package let name: String
    package let rate: Rate

    package init(_ name: String, _ rate: Rate) {
        self.name = name
        self.rate = rate
    }
}
