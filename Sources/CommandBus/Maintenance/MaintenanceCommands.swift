/// Shows whether, and how far, the server is shut.
package enum ShowMaintenance: Command {
    package typealias Input = NoInput
    package typealias Output = MaintenanceState

    package static let name = "maintenance.show"
    package static let route = RESTRoute.get("/v1/maintenance")
    package static let access = Access.anyone
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let availability = Availability.always
    package static let summary = "Shows whether the server is in maintenance, how far, and why."
    package static let example = NoInput()
}

/// Shuts the server, or opens it again.
package enum SetMaintenance: Command {
    package struct Input: Codable, Sendable {
        package let on: Bool
        /// What riders are told while it is shut, and what the audit log keeps either way.
        package let reason: Text<1, 200>
    }
    package typealias Output = MaintenanceState

    package static let name = "maintenance.set"
    package static let route = RESTRoute.put("/v1/maintenance")
    package static let access = Access.roles([.developer, .godAdmin])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let availability = Availability.always
    package static let summary = "Shuts all routes but health, sign-in of staff and this switch, or opens them again."
    package static let example: Input = .init(on: false, reason: .example("The depot has power again."))
}

extension CommandRegistry where Store.Snapshot: SettingReads, Store.Transaction: SettingRecords & PrincipalRecords {
    /// Registers the switch and the topic that follows it.
    ///
    /// - Parameters:
    ///   - maintenance: the switch that the bus looks at; set after the commit.
    ///   - announce: tells subscribers what this process has found by itself; nil for the hub of this process. It must
    ///     return at once.
    package mutating func registerMaintenance(
        _ maintenance: MaintenanceSwitch, announce: (@Sendable (FeedChange) -> Void)? = nil
    ) {
        answer(ShowMaintenance.self) { _, _ in maintenance.current }
        write(SetMaintenance.self) { input, work in
            // Whoever was suspended while the command was on its way shuts and opens nothing.
            _ = try work.heldCaller()
            let before = try StoredClosure.load(from: work.tx)
            let change = try MaintenanceChange(
                reason: input.on ? input.reason.raw : nil, at: work.context.now, in: work.tx
            )
            let state = maintenance.preview(change)
            try work.record("maintenance.set", subject: "server", state)
            try work.audit(
                SetMaintenance.name, subject: "server", reason: input.reason.raw, before: before, after: change.closure
            )
            work.publish(try FeedChange(state))
            work.settingsChanged()
            work.afterCommit { maintenance.commit(change, told: state) }
            return state
        }
        let feeds = publisher.feeds
        let announce = announce ?? { change in _ = feeds.publish([change]) }
        maintenance.onChange { state in
            // A struct of texts always encodes.
            if let change = try? FeedChange(state) { announce(change) }
        }
        feeds.register(
            FeedTopic(
                name: "maintenance", access: .anyone, availability: .always, filters: [],
                summary: "Whether the server is in maintenance, how far, and why.",
                change: MaintenanceState.self, snapshot: { _, _ in maintenance.current }
            )
        )
    }
}

extension FeedChange {
    fileprivate init(_ state: MaintenanceState) throws {
        try self.init(topic: "maintenance", subject: "server", attributes: [:], data: state)
    }
}
