/// How the server is.
package struct HealthView: Codable, Sendable {
    package enum Status: String, WireEnum {
        case ok
    }

    package let status: Status
}

/// Answers as long as the process does; touches nothing else.
package enum ShowLiveness: Command {
    package typealias Input = NoInput
    package typealias Output = HealthView

    package static let name = "health.live"
    package static let route = RESTRoute.get("/health/live")
    package static let access = Access.anyone
    package static let cost = CostClass.free
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = "Answers as long as the process does."
    package static let example = NoInput()
}

/// Answers 200 if the server can be asked: the store answers in time, and the server is not shut. Where only money or
/// writes are stopped, reading goes on, and so does this.
package enum ShowReadiness: Command {
    package typealias Input = NoInput
    package typealias Output = HealthView

    package static let name = "health.ready"
    package static let route = RESTRoute.get("/health/ready")
    package static let access = Access.anyone
    package static let cost = CostClass.free
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.shutInMaintenance
    package static let summary = "Answers 200 if the store can be read and the server is not shut, else 503."
    package static let example = NoInput()
    package static let problems: [Problem.Code] = [.maintenance, .storeUnavailable]
}

extension CommandRegistry where Store.Snapshot: SettingReads {
    package mutating func registerHealth() {
        let store = store
        // Whoever asks has little patience, and asks often.
        let probe = StoreProbe(deadline: .seconds(2)) {
            _ = try await store.read { snapshot in try snapshot.setting("maintenance") }
        }
        answer(ShowLiveness.self) { _, _ in HealthView(status: .ok) }
        answer(ShowReadiness.self) { _, _ in
            switch await probe.outcome() {
            case .answered: return HealthView(status: .ok)
            case .busy: throw Problem.storeBusy
            case .failed: throw Problem.storeUnavailable
            }
        }
    }
}
