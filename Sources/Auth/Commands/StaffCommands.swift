package import CommandBus

/// The roles that staff can have.
package enum StaffRole: String, WireEnum {
    case conductor
    case developer
    case godAdmin = "god_admin"

    package var role: Role {
        switch self {
        case .conductor: .conductor
        case .developer: .developer
        case .godAdmin: .godAdmin
        }
    }

    static let roles = Set(allCases.map(\.role))
}

/// A member of staff on the wire.
package struct StaffView: Codable, Sendable {
    package let id: AccountID
    /// Null, as the name, once the account is closed: who it was has been erased then.
    package let email: EmailAddress?
    package let name: String?
    package let role: Role
    package let state: AccountState
    package let createdAt: Timestamp
    /// Whether they have set a password; until then nobody can sign in.
    package let hasPassword: Bool
    /// Where the codes of the second factor come from.
    package let secondFactor: Factor

    package init(_ account: Account, in reads: some AccountReads) throws {
        id = account.id
        email = account.state == .closed ? nil : account.email
        name = account.state == .closed ? nil : account.name
        role = account.role
        state = account.state
        createdAt = account.createdAt
        hasPassword = account.hasPassword
        secondFactor = try reads.secondFactor(of: account.id)
    }
}

/// What became of a member of staff: by identifier only, as it may be kept under an idempotency key for good.
package struct StaffChange: Codable, Sendable {
    package let account: AccountID
    package let role: Role
    package let state: AccountState

    init(_ account: Account) {
        self.account = account.id
        role = account.role
        state = account.state
    }
}

/// Why something was done to somebody, for the audit log. It is kept for good, so it should name nobody.
package typealias StaffReason = Text<1, 200>

/// Makes an account for a member of staff.
package enum CreateStaff: Command {
    package struct Input: Codable, Sendable {
        package let email: EmailAddress
        package let name: Text<1, 80>
        package let role: StaffRole
        package let reason: StaffReason
    }
    package typealias Output = StaffChange

    package static let name = "staff.create"
    package static let route = RESTRoute.post("/v1/staff")
    package static let access = Access.roles([.godAdmin])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let status = 201
    package static let summary = """
        Appoints a member of staff, after a step-up. They get a letter, and choose a password by a password reset.
        """
    package static let problems: [Problem.Code] = [.stepUpRequired, .accountExists]
    package static var example: Input {
        Input(
            email: EmailAddress(trusted: "conductor@example.com"), name: .example("Ravi Menon"), role: .conductor,
            reason: .example("Joins the morning shift")
        )
    }
}

/// Lists the staff.
package enum ListStaff: Command {
    package struct Input: Codable, Sendable {
        package let role: StaffRole?
        package let state: AccountState?
        package let limit: PageLimit?
        package let after: PageCursor?
    }
    package typealias Output = Page<StaffView>

    package static let name = "staff.list"
    package static let route = RESTRoute.get("/v1/staff")
    package static let access = Access.roles([.godAdmin])
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Lists the staff in the order in which they came, those who have gone among them."
    package static let example = Input(role: nil, state: nil, limit: nil, after: nil)
}

/// Shows one member of staff.
package enum ShowStaff: Command {
    package struct Input: Codable, Sendable {
        package let id: AccountID
    }
    package typealias Output = StaffView

    package static let name = "staff.show"
    package static let route = RESTRoute.get("/v1/staff/{id}")
    package static let access = Access.roles([.godAdmin])
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Shows one member of staff."
    package static let problems: [Problem.Code] = [.notFound]
    package static let example = Input(id: AccountID(trusted: "a_0example"))
}

/// Renames a member of staff, or gives them another role.
package enum UpdateStaff: Command {
    package struct Input: Codable, Sendable {
        package let id: AccountID
        package let name: Text<1, 80>?
        package let role: StaffRole?
        package let reason: StaffReason
    }
    package typealias Output = StaffChange

    package static let name = "staff.update"
    package static let route = RESTRoute.patch("/v1/staff/{id}")
    package static let access = Access.roles([.godAdmin])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let summary = """
        Renames a member of staff or gives them another role, after a step-up. Another role ends their session at once, and \
        each of their devices needs the second factor again.
        """
    package static let problems = StaffChange.problems
    package static var example: Input {
        Input(
            id: AccountID(trusted: "a_0example"), name: nil, role: .developer, reason: .example("Takes over the timetable")
        )
    }
}

/// What the commands take that do one thing to one member of staff.
package struct StaffActionInput: Codable, Sendable {
    package let id: AccountID
    package let reason: StaffReason

    static func example(_ reason: String) -> StaffActionInput {
        StaffActionInput(id: AccountID(trusted: "a_0example"), reason: .example(reason))
    }
}

/// Shuts the account of a member of staff until it is reinstated.
package enum SuspendStaff: Command {
    package typealias Input = StaffActionInput
    package typealias Output = StaffChange

    package static let name = "staff.suspend"
    package static let route = RESTRoute.post("/v1/staff/{id}/suspend")
    package static let access = Access.roles([.godAdmin])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let summary = """
        Suspends a member of staff, after a step-up. Their session ends at once, and each of their devices needs the second \
        factor again.
        """
    package static let problems = StaffChange.problems
    package static var example: Input { .example("Keys were lost") }
}

/// Opens the account of a member of staff that was suspended.
package enum ReinstateStaff: Command {
    package typealias Input = StaffActionInput
    package typealias Output = StaffChange

    package static let name = "staff.reinstate"
    package static let route = RESTRoute.post("/v1/staff/{id}/reinstate")
    package static let access = Access.roles([.godAdmin])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let summary = "Reinstates a member of staff who was suspended, after a step-up. They sign in anew."
    package static let problems: [Problem.Code] = [.stepUpRequired, .notFound, .accountClosed]
    package static var example: Input { .example("Keys were found") }
}

/// Closes the account of a member of staff for good.
package enum RevokeStaff: Command {
    package typealias Input = StaffActionInput
    package typealias Output = StaffChange

    package static let name = "staff.revoke"
    package static let route = RESTRoute.post("/v1/staff/{id}/revoke")
    package static let access = Access.roles([.godAdmin])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.optional
    package static let summary = """
        Closes the account of a member of staff for good, after a step-up. Their session ends at once, their name and \
        address are erased, and the address may be registered again.
        """
    package static let problems = StaffChange.problems
    package static var example: Input { .example("Has left the company") }
}

extension StaffChange {
    fileprivate static let problems: [Problem.Code] = [.stepUpRequired, .notFound, .accountClosed, .lastGodAdmin]
}
