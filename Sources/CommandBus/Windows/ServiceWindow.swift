/// What is allowed at a time of the day.
package enum ServiceWindow: String, WireEnum {
    /// Ballots may be handed in and changed.
    case queueing
    /// The ballots are being turned into bookings.
    case processing
    /// Seats may be bought.
    case ticketing
    case waiting
}

/// Tells which window is open.
package protocol WindowClock: Sendable {
    /// The windows that are open at an instant: one by the day's plan, any number where an operator forced them.
    func open(at now: Timestamp) -> Set<ServiceWindow>
    /// When one of `windows` opens next by the day's plan; nil if a forced state has no end.
    func nextOpening(of windows: Set<ServiceWindow>, after now: Timestamp) -> Timestamp?
}
