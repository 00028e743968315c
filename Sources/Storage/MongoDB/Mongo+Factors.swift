package import Auth
package import CommandBus
import Cryptography
import Foundation

extension AccountReads where Self: MongoReads {
    package func devices(of account: AccountID) throws -> [RememberedDevice] {
        try session.find("devices", ["account": BSONValue(account)], sort: ["last_used_at": -1, "id": -1])
            .map(RememberedDevice.init(document:))
    }

    package func authenticator(of account: AccountID) throws -> AuthenticatorApp? {
        try session.findOne("authenticators", ["_id": BSONValue(account)]).map(AuthenticatorApp.init(document:))
    }

    package func stepUp(of session: SessionID, for purpose: StepUpPurpose) throws -> StepUp? {
        try self.session.findOne("step_ups", ["_id": StepUp.key(session, purpose)]).map(StepUp.init(document:))
    }
}

/// What keeps these rules where units run beside each other:
/// - A device's secret is good once, and so is a time step of an authenticator app or a recovery code: whoever takes one
///   writes the device or the app anew, and two that do meet at its document.
/// - How many devices an account has is counted only by units that open a session, and so one at a time.
/// - A new password forgets all devices that there are: one is remembered only by units that hold the account, and so does not
///   come beside it.
/// - A step-up is good once: whoever uses it removes it, and two that do meet at its document.
extension MongoTransaction {
    package func put(_ device: RememberedDevice) throws {
        try hold(device.account)
        try session.update("devices", ["_id": device.key], device.fields.asUpdate, upsert: true)
    }

    package func forget(_ devices: [DeviceID], of account: AccountID) throws {
        guard !devices.isEmpty else { return }
        let keys = devices.map { RememberedDevice.key($0, of: account) }
        try session.delete("devices", ["_id": ["$in": .array(keys)]], many: true)
    }

    package func put(_ authenticator: AuthenticatorApp) throws {
        try session.update(
            "authenticators", ["_id": BSONValue(authenticator.account)], authenticator.fields.asUpdate, upsert: true
        )
    }

    package func removeAuthenticator(of account: AccountID) throws {
        try session.delete("authenticators", ["_id": BSONValue(account)])
    }

    package func put(_ stepUp: StepUp) throws {
        let key = StepUp.key(stepUp.session, stepUp.purpose)
        try session.update("step_ups", ["_id": key], stepUp.fields.asUpdate, upsert: true)
    }

    package func removeStepUp(of session: SessionID, for purpose: StepUpPurpose) throws {
        try self.session.delete("step_ups", ["_id": StepUp.key(session, purpose)])
    }

    package func forgetStepUps(expiredBefore limit: Timestamp) throws {
        try forgetSome(of: "step_ups", "expires_at", before: limit)
    }
}

// MARK: - Documents

// An identifier has no `|` in it, so that no two pairs make the same key.

extension RememberedDevice {
    fileprivate static func key(_ device: DeviceID, of account: AccountID) -> BSONValue {
        .string("\(account.raw)|\(device.raw)")
    }

    fileprivate var key: BSONValue { Self.key(id, of: account) }

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            id: try row.identifier("id"), account: try row.identifier("account"), secret: try row.digest("secret"),
            previous: try row.optionalDigest("previous"), firstUsedAt: try row.timestamp("first_used_at"),
            lastUsedAt: try row.timestamp("last_used_at")
        )
    }

    /// All but the key.
    fileprivate var fields: BSONDocument {
        [
            "account": BSONValue(account), "id": BSONValue(id), "secret": BSONValue(secret),
            "previous": previous.map { BSONValue($0) } ?? .null, "first_used_at": BSONValue(firstUsedAt),
            "last_used_at": BSONValue(lastUsedAt),
        ]
    }
}

extension AuthenticatorApp {
    fileprivate init(document row: BSONDocument) throws {
        self.init(
            account: try row.identifier("_id"), sealedSecret: Array(try row.data("sealed_secret")),
            confirmedAt: try row.optionalTimestamp("confirmed_at"), lastStep: try row.int64("last_step"),
            recoveryCodes: try StoredValue.digests(row.data("recovery_codes"), in: row.source)
        )
    }

    /// All but the key.
    fileprivate var fields: BSONDocument {
        [
            "sealed_secret": .binary(Data(sealedSecret)), "confirmed_at": BSONValue(confirmedAt),
            "last_step": BSONValue(lastStep), "recovery_codes": .binary(StoredValue.bytes(of: recoveryCodes)),
        ]
    }
}

extension StepUp {
    fileprivate static func key(_ session: SessionID, _ purpose: StepUpPurpose) -> BSONValue {
        .string("\(session.raw)|\(purpose.rawValue)")
    }

    fileprivate init(document row: BSONDocument) throws {
        self.init(
            session: try row.identifier("session"), purpose: try row.word("purpose"),
            account: try row.identifier("account"), expiresAt: try row.timestamp("expires_at")
        )
    }

    /// All but the key.
    fileprivate var fields: BSONDocument {
        [
            "session": BSONValue(session), "purpose": .string(purpose.rawValue), "account": BSONValue(account),
            "expires_at": BSONValue(expiresAt),
        ]
    }
}
