/// What is open now.
package struct WindowsView: Codable, Sendable {
    package let open: [ServiceWindow]
    package let isForced: Bool
    package let asOf: Timestamp
}

/// Shows which service windows are open.
package enum ShowWindows: Command {
    package typealias Input = NoInput
    package typealias Output = WindowsView

    package static let name = "windows.show"
    package static let route = RESTRoute.get("/v1/windows")
    package static let access = Access.anyone
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = "Shows which service windows are open."
    package static let example = NoInput()
}

extension CommandRegistry {
    package mutating func registerWindows(_ plan: DailyPlan) {
        answer(ShowWindows.self) { _, context in
            WindowsView(
                open: plan.open(at: context.now).sorted { $0.rawValue < $1.rawValue }, isForced: plan.forced != nil,
                asOf: context.now
            )
        }
    }
}
