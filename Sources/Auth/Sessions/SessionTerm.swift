import CommandBus

/// Until when a session lives that nothing has ended, by its term and by how long it may go unused.
///
/// The store has the time at which a session idles out. Each use puts it off, but not each one writes: only the first after
/// a while. So until then a cache may answer for the store, which is neither too long (a session that nobody uses is not
/// found by its time, as that is later) nor too short (when a cache does not answer any more the store is asked, and it knows
/// what other instances have written).
struct SessionTerm {
    /// Seconds of use that go by unwritten. A session may idle out by as much sooner after its last use.
    static let unwritten = 60

    let session: StoredSession
    /// Seconds that it may go unused; nil where that does not end it.
    let idleSeconds: Int?

    /// The time at which it idles out if it is used now for the last time; nil if what is written is near enough.
    func newIdleEnd(usedAt now: Timestamp) -> Timestamp? {
        guard let idleSeconds, let written = session.idleUntil else { return nil }
        let wanted = now.adding(seconds: idleSeconds)
        // After a clock was set back, what is written is too late: it would live longer than it may.
        let isNear = abs(wanted.milliseconds - written.milliseconds) < Int64(Self.unwritten) * 1000
        return isNear ? nil : wanted
    }

    /// When the store has to be asked again: the next use after that is written.
    func askAgainAt(idleUntil: Timestamp?) -> Timestamp {
        guard let idleSeconds, let idleUntil else { return session.expiresAt }
        return min(session.expiresAt, idleUntil.adding(seconds: Self.unwritten - idleSeconds))
    }
}
