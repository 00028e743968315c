import Synchronization

/// Whether the server is shut, and why.
package struct MaintenanceState: Codable, Sendable, Equatable {
    package let on: Bool
    /// For riders to read; empty while it is off.
    package let reason: String
    package let since: Timestamp?

    package init(on: Bool, reason: String, since: Timestamp?) {
        self.on = on
        self.reason = reason
        self.since = since
    }

    package static let off = MaintenanceState(on: false, reason: "", since: nil)
}

/// The state of maintenance as this process knows it; the store has the last word, and is read at start.
package final class MaintenanceSwitch: Sendable {
    private let state: Mutex<MaintenanceState>

    package init(_ state: MaintenanceState = .off) {
        self.state = Mutex(state)
    }

    package var current: MaintenanceState { state.withLock { $0 } }

    package func set(_ new: MaintenanceState) {
        state.withLock { $0 = new }
    }
}
