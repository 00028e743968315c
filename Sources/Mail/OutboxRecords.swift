package import CommandBus

/// What can be asked about the outbox.
package protocol OutboxReads {
    /// When the next letter is due; nil if none waits.
    func nextLetterDue() throws -> Timestamp?
    /// How many letters wait, and how many were given up.
    func outboxCount() throws -> (waiting: Int, abandoned: Int)
}

/// What the worker of the outbox does to it.
package protocol OutboxRecords: OutboxReads {
    /// Takes the letters that are due, the oldest first, and keeps other workers off them until `lease`.
    ///
    /// Should this worker die meanwhile, they are due again then. Each time a letter is taken counts as an attempt, and
    /// that count is the fence: what was taken over meanwhile can't be settled by the one who had it before.
    ///
    /// It also forgets some of the letters that were given up, and were queued more than 30 days ago: they name people.
    func claimLetters(dueAt now: Timestamp, until lease: Timestamp, limit: Int) throws -> [Letter]
    /// Removes a letter that has left, and with it whatever secret it carried.
    ///
    /// - Returns: false if another worker has taken it meanwhile; nothing is changed then.
    func removeLetter(_ letter: Letter) throws -> Bool
    /// Keeps a letter for another attempt.
    ///
    /// - Returns: false if another worker has taken it meanwhile; nothing is changed then.
    func postponeLetter(_ letter: Letter, until due: Timestamp, because failure: String) throws -> Bool
    /// Gives a letter up: it is kept for the operator to see, without its text.
    ///
    /// - Returns: false if another worker has taken it meanwhile; nothing is changed then.
    func abandonLetter(_ letter: Letter, because failure: String) throws -> Bool
}
