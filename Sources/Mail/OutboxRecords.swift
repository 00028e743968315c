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
    /// Should this worker die meanwhile, they are due again then.
    func claimLetters(dueAt now: Timestamp, until lease: Timestamp, limit: Int) throws -> [Letter]
    /// Removes a letter that has left, and with it whatever secret it carried.
    func removeLetter(_ id: Int64) throws
    /// Keeps a letter for another attempt.
    func postponeLetter(_ id: Int64, until due: Timestamp, because failure: String) throws
    /// Gives a letter up: it is kept for the operator to see, without its text.
    func abandonLetter(_ id: Int64, because failure: String) throws
}
