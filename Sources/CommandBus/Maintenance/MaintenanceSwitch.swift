import Synchronization

/// What is shut, as this process knows it: the operator's switch and the findings of the checks, of which the store has
/// the last word, and what this process has found out about the store itself.
package final class MaintenanceSwitch: Sendable {
    private struct Audience {
        var told: MaintenanceState
        var tell: @Sendable (MaintenanceState) -> Void = { _ in }
    }

    private let book: Mutex<ClosureBook>
    // A lock of its own, held while telling, so that what is told comes in the order in which it happened; whoever is
    // told may ask for the state.
    private let audience: Mutex<Audience>
    private let lifted = Mutex<[@Sendable () -> Void]>([])

    /// - Parameters:
    ///   - state: the operator's switch, until one is adopted from the store.
    ///   - recovers: whether what a cause has shut opens when the cause has gone; else staff open it.
    package init(_ state: MaintenanceState = .off, recovers: Bool = true) {
        let closure = StoredClosure(on: state.on, reason: state.reason, since: state.since, revision: 0)
        let first = ClosureBook(closure: closure, recovers: recovers)
        book = Mutex(first)
        audience = Mutex(Audience(told: first.state))
    }

    /// What is in force now.
    package var current: MaintenanceState { book.withLock { $0.state } }

    /// Whether a cause was there at the last look.
    package func isPresent(_ cause: ClosureCause) -> Bool { book.withLock { $0.isPresent(cause) } }

    // MARK: What the watches find

    /// A cause was seen.
    ///
    /// - Parameter start: when it began, as far as is known.
    /// - Returns: that people have to be told, if it is new.
    @discardableResult
    package func found(_ cause: ClosureCause, since start: Timestamp) -> Outage.Turn? {
        change { $0.found(cause, since: start) }
    }

    /// A cause was looked for, and was not there.
    ///
    /// - Returns: that people have to be told, if it was there before.
    @discardableResult
    package func gone(_ cause: ClosureCause) -> Outage.Turn? {
        change { $0.gone(cause) }
    }

    // MARK: What the store remembers

    /// Takes the operator's switch and the findings from a snapshot; what is older than what is known is left alone.
    ///
    /// - Parameter isTelling: false where every subscriber hears of changes in the store anyway, through the instance
    ///   that made them.
    package func reload(from snapshot: some SettingReads, isTelling: Bool = true) throws {
        let (closure, record) = (try StoredClosure.load(from: snapshot), try InvariantRecord.load(from: snapshot))
        let (before, after) = book.withLock { book in
            let before = book.state
            book.adopt(closure)
            book.adopt(record)
            return (before, book.state)
        }
        if !isTelling {
            audience.withLock { audience in
                if audience.told == before { audience.told = after }
            }
        }
        tell()
    }

    package func adopt(_ closure: StoredClosure) {
        change { $0.adopt(closure) }
    }

    package func adopt(_ record: InvariantRecord) {
        change { $0.adopt(record) }
    }

    /// Puts the operator's switch in this process alone.
    package func set(_ new: MaintenanceState) {
        change { $0.force(new) }
    }

    // MARK: What the command does

    /// What would be in force with a switch that is about to be committed.
    func preview(_ change: MaintenanceChange) -> MaintenanceState {
        book.withLock { book in
            var copy = book
            change.apply(to: &copy)
            return copy.state
        }
    }

    /// Takes over what was committed, and asks the watches to look again at what was lifted.
    ///
    /// - Parameter told: the state that subscribers are told by the unit of work itself.
    func commit(_ change: MaintenanceChange, told: MaintenanceState) {
        book.withLock { change.apply(to: &$0) }
        audience.withLock { $0.told = told }
        tell()
        guard change.lifts == .everything else { return }
        for action in lifted.withLock({ $0 }) { action() }
    }

    // MARK: Who follows

    /// Calls `tell` with each new state, one after another. It must return at once.
    package func onChange(_ tell: @escaping @Sendable (MaintenanceState) -> Void) {
        audience.withLock { $0.tell = tell }
    }

    /// Calls `action` when staff have opened what a cause had shut: time to look whether it is still there.
    package func onLift(_ action: @escaping @Sendable () -> Void) {
        lifted.withLock { $0.append(action) }
    }

    private func change<Value>(_ body: (inout ClosureBook) -> Value) -> Value {
        let value = book.withLock { body(&$0) }
        tell()
        return value
    }

    private func tell() {
        audience.withLock { audience in
            // Read under this lock, so that nobody is told an older state after a newer one.
            let state = current
            guard state != audience.told else { return }
            audience.told = state
            audience.tell(state)
        }
    }
}
