/// Tells the world about a unit of work, once it is durable.
///
/// What lives in this process is told at the commit. What has to be waited for (caches that instances share, the other
/// instances themselves) is told between the commit and the answer.
package struct WorkPublisher: Sendable {
    package let feeds: FeedHub
    package let sessions: SessionEnds
    /// Is told that there is mail in the outbox.
    private let mailed: @Sendable () -> Void
    private let relay: (any WorkRelay)?
    /// Where there is no relay.
    private let doubts: DoubtDesk?

    /// - Parameters:
    ///   - feeds: is told of changes, unless there is a relay: then they come back from it, numbered for all instances.
    ///   - sessions: is told of sessions that have ended.
    ///   - mailed: is told that there is mail in the outbox.
    ///   - relay: tells the other instances; nil where there are none.
    ///   - doubts: where there is no relay, has the store read anew after what may have been done or not.
    package init(
        feeds: FeedHub, sessions: SessionEnds, mailed: @escaping @Sendable () -> Void = {}, relay: (any WorkRelay)? = nil,
        doubts: DoubtDesk? = nil
    ) {
        self.feeds = feeds
        self.sessions = sessions
        self.mailed = mailed
        self.relay = relay
        self.doubts = doubts
    }

    /// Tells this process; at the commit, in the order of commits.
    ///
    /// - Returns: the position of the last change, if the work changed what a feed shows and there is no relay.
    func committed(_ effects: WorkEffects) -> FeedPosition? {
        for action in effects.actions { action() }
        for end in effects.endedSessions { sessions.signal(end) }
        if !effects.mail.isEmpty { mailed() }
        guard relay == nil, !effects.changes.isEmpty else { return nil }
        return feeds.publish(effects.changes)
    }

    /// Tells whatever has to be waited for; after the commit, before the answer.
    ///
    /// - Returns: the position of the last change in the numbering of all instances, if there are any and it was told.
    func settle(_ effects: WorkEffects) async -> FeedPosition? {
        let isRelayed = relay != nil && !effects.news.isEmpty
        guard isRelayed || !effects.settlements.isEmpty || !effects.endedSessions.isEmpty else { return nil }
        // A task of its own, which does not end with the caller's: what was committed has to be told in any case.
        return await Task { await tell(effects) }.value
    }

    /// The store has not said whether a unit of work was done.
    ///
    /// Nothing of it was acknowledged, so nobody may count on it; but if it was done, what is shown and who is taken to be
    /// signed in must not stay as it was before.
    func doubt() async {
        if let relay { await relay.doubt() } else { doubts?.raise() }
    }

    private func tell(_ effects: WorkEffects) async -> FeedPosition? {
        await withDiscardingTaskGroup { group in
            for action in effects.settlements { group.addTask { await action() } }
            for end in effects.endedSessions { group.addTask { [sessions] in await sessions.settle(end) } }
        }
        // Only now: an instance that hears of the end of a session must not find it in a shared cache any more.
        guard let relay, !effects.news.isEmpty else { return nil }
        return await relay.relay(effects.news)
    }
}
