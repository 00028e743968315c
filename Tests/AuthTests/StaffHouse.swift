import CommandBus
import Cryptography
import Foundation
import Support
import Testing

@testable import Auth

/// What the tests of staff have in common.
extension AuthHouse {
    /// Opens a session that has stepped up for one change of staff, behind the sign-in's back.
    func steppedUp(_ account: Account, for purpose: StepUpPurpose = .staffChange) async throws -> String {
        let token = try await session(of: account)
        try await stepUpAgain(token, for: purpose)
        return token
    }

    /// Gives a session one more step-up.
    func stepUpAgain(_ token: String, for purpose: StepUpPurpose = .staffChange) async throws {
        let digest = try #require(SecretToken.digest(ofShown: token))
        let session = try #require(try await fixture.read { try $0.session(token: digest) })
        try await fixture.work { work in
            try work.tx.put(
                StepUp(
                    session: session.id, purpose: purpose, account: session.account,
                    expiresAt: work.context.now.adding(seconds: 300)
                )
            )
        }
    }

    /// Sends a command with an idempotency key, which is a new one unless told otherwise.
    func sendKeyed(
        _ command: String, _ input: [String: String] = [:], as token: String? = nil, key: String = UUID().uuidString
    ) async throws -> CommandReply {
        try await bus.send(command, String(decoding: try WireJSON.encode(input), as: UTF8.self), as: token, key: key)
    }

    /// Makes one change of staff with a session of a god admin, which steps up first.
    func change(_ command: String, _ input: [String: String], as token: String) async throws -> CommandReply {
        try await stepUpAgain(token)
        return try await send(command, input, as: token)
    }

    func account(_ id: AccountID) async throws -> Account? {
        try await fixture.read { try $0.account(id) }
    }

    /// The audit log, the newest first: who, what, to whom, why, before and after.
    func audit() async throws -> [String] {
        try await fixture.read { try $0.audit(AuditQuery(limit: 200)) }.map { entry in
            let (before, after) = (entry.before ?? Data("-".utf8), entry.after ?? Data("-".utf8))
            return [
                entry.actor, entry.action, entry.subject, entry.reason, String(decoding: before, as: UTF8.self),
                String(decoding: after, as: UTF8.self),
            ].joined(separator: " | ")
        }
    }

    /// How much there is of what a refused change must not touch.
    func traces() async throws -> [String: Int] {
        var counts: [String: Int] = [:]
        for table in ["accounts", "audit", "events", "mail_outbox", "step_ups", "sessions"] {
            counts[table] = try await fixture.kept.count(of: table)
        }
        return counts
    }

    func activeGodAdmins() async throws -> Int {
        try await fixture.read { try $0.accounts(AccountQuery(roles: [.godAdmin], state: .active, limit: 100)) }.count
    }
}

/// The commands that change staff, with inputs about somebody.
func staffChanges(of id: AccountID) -> [(command: String, input: [String: String])] {
    let action = ["id": id.raw, "reason": "A reason"]
    return [
        ("staff.create", ["email": "new@example.com", "name": "New One", "role": "conductor", "reason": "A reason"]),
        ("staff.update", action.merging(["role": "developer"]) { $1 }),
        ("staff.suspend", action), ("staff.reinstate", action), ("staff.revoke", action),
    ]
}
