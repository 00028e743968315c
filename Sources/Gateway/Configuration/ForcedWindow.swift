import CommandBus

/// Which window an operator holds open, whatever the time is.
enum ForcedWindow: String, CaseIterable, Sendable {
    /// The day's plan holds.
    case none
    /// All of them.
    case open
    case queueing
    case processing
    case ticketing
    case waiting

    /// The windows that are open whatever the time is; nil where the day's plan holds.
    var windows: Set<ServiceWindow>? {
        switch self {
        case .none: nil
        case .open: Set(ServiceWindow.allCases)
        case .queueing: [.queueing]
        case .processing: [.processing]
        case .ticketing: [.ticketing]
        case .waiting: [.waiting]
        }
    }
}
