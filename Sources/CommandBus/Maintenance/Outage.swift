/// One cause of a closure from its first sight to its end: what is there, and what is held shut because of it.
///
/// The two differ where the server does not open by itself: the cause has gone, the closure stays until staff lift it;
/// and where staff have lifted a closure whose cause is still there.
package struct Outage: Codable, Sendable, Equatable {
    /// What has to be told to people. Each comes once an outage.
    package enum Turn: Sendable, Equatable {
        case began(since: Timestamp)
        case ended(since: Timestamp)
    }

    /// Since when the cause has been there; nil if it is not.
    package private(set) var presentSince: Timestamp?
    /// Since when something has been shut because of it; nil if nothing is.
    package private(set) var closedSince: Timestamp?

    package init() {}

    package var isOver: Bool { presentSince == nil && closedSince == nil }

    /// The cause was seen.
    ///
    /// - Parameter start: when it began, as far as is known; of no account if it was there before.
    package mutating func found(since start: Timestamp) -> Turn? {
        let isNew = presentSince == nil
        let since = presentSince ?? start
        presentSince = since
        // A closure that staff have lifted trips again here.
        closedSince = closedSince ?? since
        return isNew ? .began(since: since) : nil
    }

    /// The cause was looked for, and was not there.
    ///
    /// - Parameter recovers: whether the closure ends with it.
    package mutating func gone(recovers: Bool) -> Turn? {
        let since = presentSince
        presentSince = nil
        if recovers { closedSince = nil }
        return since.map { .ended(since: $0) }
    }

    /// Staff open what is shut. If the cause is still there, the next look shuts it again, and nobody is told twice.
    package mutating func lift() {
        closedSince = nil
    }
}
