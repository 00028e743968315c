/// How far the server is shut, the mildest first.
package enum ClosureLevel: String, WireEnum, Comparable {
    case open
    /// What moves money is refused; everything else goes on.
    case moneyStopped = "money_stopped"
    /// What changes anything is refused; reading goes on.
    case writesStopped = "writes_stopped"
    /// Everything is refused but health, sign-in of staff and the switch itself.
    case shut

    private var severity: Int {
        switch self {
        case .open: 0
        case .moneyStopped: 1
        case .writesStopped: 2
        case .shut: 3
        }
    }

    package static func < (left: ClosureLevel, right: ClosureLevel) -> Bool { left.severity < right.severity }

    /// Whether money may be moved: by commands, and by whatever a job does on its own.
    package var allowsMoney: Bool { self == .open }
    /// Whether anything may be changed.
    package var allowsWrites: Bool { self < .writesStopped }
}
