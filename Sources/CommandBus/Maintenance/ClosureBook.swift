/// Everything that shuts the server, side by side: the operator's switch, and what was found to be wrong. Neither
/// overwrites the other; the most severe of them is in force.
package struct ClosureBook: Sendable {
    private let recovers: Bool
    private(set) var closure: StoredClosure
    private var outages: [ClosureCause: Outage] = [:]
    /// The revision of the newest ``InvariantRecord`` that was adopted.
    private var invariantRevision: Int64 = 0

    /// - Parameters:
    ///   - closure: the operator's switch.
    ///   - recovers: whether what a cause has shut opens when the cause has gone.
    package init(closure: StoredClosure = .never, recovers: Bool = true) {
        self.closure = closure
        self.recovers = recovers
    }

    /// What is in force.
    package var state: MaintenanceState {
        var state =
            closure.on ? MaintenanceState(level: .shut, reason: closure.reason, since: closure.since) : MaintenanceState.off
        for cause in ClosureCause.allCases where cause.level > state.level {
            guard let since = outages[cause]?.closedSince else { continue }
            state = MaintenanceState(level: cause.level, reason: cause.reason, since: since)
        }
        return state
    }

    /// Whether a cause was there at the last look.
    package func isPresent(_ cause: ClosureCause) -> Bool { outages[cause]?.presentSince != nil }

    package mutating func found(_ cause: ClosureCause, since start: Timestamp) -> Outage.Turn? {
        change(cause) { $0.found(since: start) }
    }

    package mutating func gone(_ cause: ClosureCause) -> Outage.Turn? {
        change(cause) { [recovers] outage in outage.gone(recovers: recovers) }
    }

    /// Staff open what the causes have shut.
    ///
    /// - Parameter onlyGone: whether what has a cause that is still there stays shut.
    package mutating func lift(onlyGone: Bool) {
        for cause in ClosureCause.allCases where !(onlyGone && isPresent(cause)) {
            change(cause) { $0.lift() }
        }
    }

    /// Takes the operator's switch from the store, unless it is older than what is known.
    package mutating func adopt(_ stored: StoredClosure) {
        guard stored.revision > closure.revision else { return }
        closure = stored
    }

    /// Takes the outcome of the last check from the store, unless it is older than what is known.
    package mutating func adopt(_ record: InvariantRecord) {
        guard record.revision > invariantRevision else { return }
        invariantRevision = record.revision
        outages[.invariants] = record.outage.isOver ? nil : record.outage
    }

    /// Puts the operator's switch as it is told, whatever the store has.
    mutating func force(_ state: MaintenanceState) {
        closure = StoredClosure(on: state.on, reason: state.reason, since: state.since, revision: closure.revision)
    }

    private mutating func change<Value>(_ cause: ClosureCause, _ body: (inout Outage) -> Value) -> Value {
        var outage = outages[cause, default: Outage()]
        defer { outages[cause] = outage.isOver ? nil : outage }
        return body(&outage)
    }
}
