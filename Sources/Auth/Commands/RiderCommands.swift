package import CommandBus

/// A rider as staff see them.
package struct RiderView: Codable, Sendable {
    package let id: AccountID
    /// Null, as the name and the roll number, once the account is closed: who it was has been erased then.
    package let email: EmailAddress?
    package let name: String?
    package let rollNumber: String?
    package let state: AccountState
    package let createdAt: Timestamp

    package init(_ account: Account) {
        let isClosed = account.state == .closed
        id = account.id
        email = isClosed ? nil : account.email
        name = isClosed ? nil : account.name
        rollNumber = isClosed ? nil : account.rollNumber
        state = account.state
        createdAt = account.createdAt
    }
}

/// What became of a rider: by identifier only, as it may be kept under an idempotency key for good.
package struct RiderChange: Codable, Sendable {
    package let account: AccountID
    package let state: AccountState
}

/// Lists riders.
package enum ListRiders: Command {
    package struct Input: Codable, Sendable {
        package let email: EmailAddress?
        package let rollNumber: Text<1, 40>?
        package let state: AccountState?
        package let limit: PageLimit?
        package let after: PageCursor?
    }
    package typealias Output = Page<RiderView>

    package static let name = "riders.list"
    package static let route = RESTRoute.get("/v1/riders")
    package static let access = Access.roles(RiderChange.staff)
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Lists riders in the order in which they registered, by address, roll number or state."
    package static let example = Input(email: nil, rollNumber: nil, state: nil, limit: nil, after: nil)
}

/// What the commands take that do one thing to one rider.
package struct RiderActionInput: Codable, Sendable {
    package let id: AccountID
    package let reason: StaffReason

    static func example(_ reason: String) -> RiderActionInput {
        RiderActionInput(id: AccountID(trusted: "a_0example"), reason: .example(reason))
    }
}

/// Mends what is kept of a rider, who can't do it without the mailbox, or who has typed another number than the operator's.
package enum UpdateRider: Command {
    package struct Input: Codable, Sendable {
        package let id: AccountID
        package let name: Text<1, 80>?
        package let rollNumber: Text<1, 40>?
        package let email: EmailAddress?
        package let reason: StaffReason
    }
    package typealias Output = RiderChange

    package static let name = "riders.update"
    package static let route = RESTRoute.patch("/v1/riders/{id}")
    package static let access = Access.roles(RiderChange.staff)
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let summary = """
        Changes a rider's name, roll number or address, after a step-up. Another address ends the session at once, each \
        device needs the second factor again, and both addresses are told.
        """
    package static let problems: [Problem.Code] = [.stepUpRequired, .notFound, .accountClosed, .accountExists]
    package static var example: Input {
        Input(
            id: AccountID(trusted: "a_0example"), name: nil, rollNumber: .example("2026-CS-042"),
            email: EmailAddress(trusted: "rider@example.org"), reason: .example("Has lost the old mailbox")
        )
    }
}

/// Shuts the account of a rider until it is reinstated.
package enum SuspendRider: Command {
    package typealias Input = RiderActionInput
    package typealias Output = RiderChange

    package static let name = "riders.suspend"
    package static let route = RESTRoute.post("/v1/riders/{id}/suspend")
    package static let access = Access.roles(RiderChange.staff)
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let summary = """
        Suspends a rider: the session ends at once, each device needs the second factor again, bookings and money are kept.
        """
    package static let problems: [Problem.Code] = [.notFound, .accountClosed]
    package static var example: Input { .example("Lent the account to others") }
}

/// Opens the account of a rider that was suspended.
package enum ReinstateRider: Command {
    package typealias Input = RiderActionInput
    package typealias Output = RiderChange

    package static let name = "riders.reinstate"
    package static let route = RESTRoute.post("/v1/riders/{id}/reinstate")
    package static let access = Access.roles(RiderChange.staff)
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let summary = "Reinstates a rider who was suspended."
    package static let problems: [Problem.Code] = [.notFound, .accountClosed]
    package static var example: Input { .example("Has come to the office") }
}

/// Deletes the account of a rider.
package enum DeleteRider: Command {
    package struct Input: Codable, Sendable {
        package let id: AccountID
        package let reason: StaffReason
        /// Where the money goes that is left in the wallet: staff can give it to `operator` alone.
        package let moneyTo: MoneyTaker?
    }
    package typealias Output = RiderChange

    package static let name = "riders.delete"
    package static let route = RESTRoute.delete("/v1/riders/{id}")
    package static let access = Access.roles(RiderChange.staff)
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.required
    package static let summary = """
        Deletes a rider's account for good, after a step-up: refused while it has bookings of rides to come, or money unless \
        'moneyTo' says that it goes to the operator. The session ends at once.
        """
    package static let problems: [Problem.Code] = [
        .stepUpRequired, .notFound, .accountClosed, .accountHasBookings, .accountHasMoney,
    ]
    package static var example: Input {
        Input(
            id: AccountID(trusted: "a_0example"), reason: .example("Asked for it by letter"), moneyTo: .example("operator")
        )
    }
}

extension RiderChange {
    /// Who looks after riders.
    package static let staff: Set<Role> = [.developer, .godAdmin]
}
