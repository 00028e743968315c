/// How far the server is shut and why, as riders are told.
package struct MaintenanceState: Codable, Sendable, Equatable {
    /// Whether everything is shut. A part that is shut is told by `level` alone.
    package let on: Bool
    /// For riders to read; empty while all is open.
    package let reason: String
    package let since: Timestamp?
    package let level: ClosureLevel

    package init(on: Bool, reason: String, since: Timestamp?) {
        self.init(level: on ? .shut : .open, reason: reason, since: since)
    }

    package init(level: ClosureLevel, reason: String, since: Timestamp?) {
        on = level == .shut
        self.reason = reason
        self.since = since
        self.level = level
    }

    package static let off = MaintenanceState(level: .open, reason: "", since: nil)
}
