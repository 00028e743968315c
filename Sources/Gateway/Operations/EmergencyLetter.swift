import CommandBus

/// Something that people must know of at once: a cause of a closure has come, or gone.
struct EmergencyNotice: Sendable, Equatable {
    let cause: ClosureCause
    let turn: Outage.Turn
    let at: Timestamp

    /// What names this turn among instances that all see one outage.
    var key: String {
        switch turn {
        case .began: "emergency.\(cause.rawValue).began"
        case .ended: "emergency.\(cause.rawValue).ended"
        }
    }
}

/// The text of a letter about a notice, for people who have to do something.
struct EmergencyLetter: Sendable {
    let notice: EmergencyNotice
    /// The operator's name.
    let service: String
    /// Which server of the operator's writes.
    let instance: String
    /// Whether the server opens by itself.
    let recovers: Bool

    var subject: String {
        switch notice.turn {
        case .began: "\(service): \(notice.cause.headline)"
        case .ended: "\(service): over: \(notice.cause.headline)"
        }
    }

    var body: String {
        switch notice.turn {
        case .began(let since):
            """
            \(notice.cause.account)

            Server:   \(instance)
            Since:    \(since)
            Level:    \(notice.cause.level.rawValue)
            Riders are told: \(notice.cause.reason)

            What the server does: \(notice.cause.level.effect)
            \(recovers ? Self.opensAlone : Self.staysShut)

            What to do: \(notice.cause.advice)
            See docs/operations.md, section "Maintenance".

            """
        case .ended(let since):
            """
            It is over: \(notice.cause.headline).

            Server:   \(instance)
            Since:    \(since)
            Until:    \(notice.at)

            \(recovers ? "What was shut because of it is open again." : Self.staysShut)

            """
        }
    }

    private static let opensAlone = "It looks on all the time, and opens again by itself."
    private static let staysShut =
        "It stays as it is until staff open it: maintenance.set with {\"on\": false, \"reason\": ...}."
}

extension ClosureLevel {
    fileprivate var effect: String {
        switch self {
        case .open: "Nothing is shut."
        case .moneyStopped: "It refuses whatever moves money (503). Reading and everything else go on."
        case .writesStopped: "It refuses whatever changes something (503). Reading goes on."
        case .shut: "It refuses everything (503) but health, the sign-in of staff and the switch itself."
        }
    }
}

extension ClosureCause {
    fileprivate var headline: String {
        switch self {
        case .storeUnreachable: "the store can't be reached"
        case .foreignSchema: "the store belongs to another version"
        case .storeNotWritable: "the store can't be written to"
        case .invariants: "the books are not in order"
        }
    }

    fileprivate var account: String {
        switch self {
        case .storeUnreachable: "The store does not answer."
        case .foreignSchema: "Another version of the server has changed the schema of the store while this one was running."
        case .storeNotWritable: "The store can be read, and takes no commit."
        case .invariants: "A check found that something does not hold that must always hold."
        }
    }

    fileprivate var advice: String {
        switch self {
        case .storeUnreachable:
            "see whether the database, its disk and the way to it are there; the server's log has what the engine said."
        case .foreignSchema: "stop this server, and start the version that the store belongs to."
        case .storeNotWritable:
            "see whether the disk is full, read-only or failing, or the cluster has no primary; the log has the error."
        case .invariants:
            "run 'farebus verify', which names every finding. Repair what it names, or restore a backup. The next clean "
                + "check lifts the stop; maintenance.set with {\"on\": false, \"reason\": ...} lifts it at once and checks again."
        }
    }
}
