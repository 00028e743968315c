package import CommandBus

/// Who gets the money of an account that is deleted, as a client says it: `operator`, or the id of another rider's account.
package struct MoneyTaker: Refined {
    package let raw: String
    let heir: MoneyHeir

    package init(refining raw: String) throws(RuleViolation) {
        heir = raw == Self.theOperator ? .theOperator : .rider(try AccountID(refining: raw))
        self.raw = raw
    }

    private static let theOperator = "operator"

    package static var schema: Schema {
        .refined(
            Self.self, base: .string(minLength: 1, maxLength: 64, pattern: "^[A-Za-z0-9_.:-]+$"), example: theOperator
        )
    }
}

/// Deletes one's own account.
package enum DeleteAccount: Command {
    package struct Input: Codable, Sendable {
        /// Where the money goes that is left in the wallet.
        package let moneyTo: MoneyTaker?
    }
    package typealias Output = NoOutput

    package static let name = "account.delete"
    package static let route = RESTRoute.delete("/v1/me")
    package static let access = Access.signedIn
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.required
    package static let status = 204
    package static let summary = """
        Deletes one's own account for good, after a step-up: refused while it has bookings of rides to come, or money \
        unless 'moneyTo' says where it goes.
        """
    package static let problems: [Problem.Code] = [
        .stepUpRequired, .accountHasBookings, .accountHasMoney, .lastGodAdmin,
    ]
    package static var example: Input { Input(moneyTo: .example("operator")) }
}
