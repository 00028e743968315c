/// Shows whether the server is shut.
package enum ShowMaintenance: Command {
    package typealias Input = NoInput
    package typealias Output = MaintenanceState

    package static let name = "maintenance.show"
    package static let route = RESTRoute.get("/v1/maintenance")
    package static let access = Access.anyone
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = "Shows whether the server is in maintenance, and why."
    package static let example = NoInput()
}

/// Shuts the server, or opens it again.
package enum SetMaintenance: Command {
    package struct Input: Codable, Sendable {
        package let on: Bool
        /// What riders are told; required to shut the server.
        package let reason: Text<1, 200>?
    }
    package typealias Output = MaintenanceState

    package static let name = "maintenance.set"
    package static let route = RESTRoute.put("/v1/maintenance")
    package static let access = Access.roles([.developer, .godAdmin])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let availability = Availability.always
    package static let summary = "Shuts all routes but health, sign-in of staff and this switch, or opens them again."
    package static let example: Input = .init(on: false, reason: nil)
}

extension CommandRegistry where Store.Snapshot: SettingReads, Store.Transaction: SettingRecords {
    /// Registers the switch and the topic that follows it.
    ///
    /// - Parameter maintenance: the switch that the bus looks at; set after the commit.
    package mutating func registerMaintenance(_ maintenance: MaintenanceSwitch) {
        answer(ShowMaintenance.self) { _, _ in maintenance.current }
        write(SetMaintenance.self) { input, work in
            if input.on, input.reason == nil {
                throw Problem.invalid("/reason", "is required to shut the server")
            }
            let present = maintenance.current
            let state =
                input.on
                ? MaintenanceState(
                    on: true, reason: input.reason?.raw ?? "", since: present.on ? present.since : work.context.now
                )
                : .off
            try work.tx.set(MaintenanceState.settingName, WireJSON.encode(state))
            try work.record("maintenance.set", subject: "server", state)
            work.publish(try FeedChange(topic: "maintenance", subject: "server", attributes: [:], data: state))
            work.afterCommit { maintenance.set(state) }
            return state
        }
        publisher.feeds.register(
            FeedTopic(
                name: "maintenance", access: .anyone, availability: .always, filters: [],
                summary: "Whether the server is in maintenance, and why.",
                change: MaintenanceState.self, snapshot: { _, _ in maintenance.current }
            )
        )
    }
}

extension MaintenanceState {
    fileprivate static let settingName = "maintenance"

    /// The state that the store remembers.
    package static func load(from store: some SettingReads) throws -> MaintenanceState {
        guard let data = try store.setting(settingName) else { return .off }
        return try WireJSON.decode(MaintenanceState.self, from: data)
    }
}
