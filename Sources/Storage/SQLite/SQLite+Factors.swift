package import Auth
package import CommandBus
import Cryptography
import Foundation
import GRDB

extension AccountReads where Self: SQLiteReads {
    package func devices(of account: AccountID) throws -> [RememberedDevice] {
        try db.rows(
            """
            SELECT id, account, secret, previous, first_used_at, last_used_at FROM devices WHERE account = ?
            ORDER BY last_used_at DESC, id DESC
            """, [account.raw]
        ).map { row in
            RememberedDevice(
                id: DeviceID(trusted: row["id"]), account: AccountID(trusted: row["account"]),
                secret: try row.digest("secret", in: "devices"), previous: try row.optionalDigest("previous", in: "devices"),
                firstUsedAt: row.timestamp("first_used_at"), lastUsedAt: row.timestamp("last_used_at")
            )
        }
    }

    package func authenticator(of account: AccountID) throws -> AuthenticatorApp? {
        try db.row(
            """
            SELECT account, sealed_secret, confirmed_at, last_step, recovery_codes FROM authenticators WHERE account = ?
            """, [account.raw]
        ).map { row in
            let secret: Data = row["sealed_secret"]
            return AuthenticatorApp(
                account: AccountID(trusted: row["account"]), sealedSecret: Array(secret),
                confirmedAt: row.optionalTimestamp("confirmed_at"), lastStep: row["last_step"],
                recoveryCodes: try StoredValue.digests(row["recovery_codes"], in: "authenticators")
            )
        }
    }

    package func stepUp(of session: SessionID, for purpose: StepUpPurpose) throws -> StepUp? {
        try db.row(
            "SELECT session, purpose, account, expires_at FROM step_ups WHERE session = ? AND purpose = ?",
            [session.raw, purpose.rawValue]
        ).map { row in
            StepUp(
                session: SessionID(trusted: row["session"]), purpose: try StoredValue.word(row["purpose"], in: "step_ups"),
                account: AccountID(trusted: row["account"]), expiresAt: row.timestamp("expires_at")
            )
        }
    }
}

extension SQLiteTransaction {
    package func put(_ device: RememberedDevice) throws {
        try db.run(
            """
            INSERT INTO devices (account, id, secret, previous, first_used_at, last_used_at) VALUES (?, ?, ?, ?, ?, ?)
            ON CONFLICT (account, id) DO UPDATE SET secret = excluded.secret, previous = excluded.previous,
                first_used_at = excluded.first_used_at, last_used_at = excluded.last_used_at
            """,
            [
                device.account.raw, device.id.raw, device.secret.data, device.previous?.data,
                device.firstUsedAt.milliseconds, device.lastUsedAt.milliseconds,
            ]
        )
    }

    package func forget(_ devices: [DeviceID], of account: AccountID) throws {
        for device in devices { try db.run("DELETE FROM devices WHERE account = ? AND id = ?", [account.raw, device.raw]) }
    }

    package func put(_ authenticator: AuthenticatorApp) throws {
        try db.run(
            """
            INSERT INTO authenticators (account, sealed_secret, confirmed_at, last_step, recovery_codes)
            VALUES (?, ?, ?, ?, ?)
            ON CONFLICT (account) DO UPDATE SET sealed_secret = excluded.sealed_secret,
                confirmed_at = excluded.confirmed_at, last_step = excluded.last_step,
                recovery_codes = excluded.recovery_codes
            """,
            [
                authenticator.account.raw, Data(authenticator.sealedSecret), authenticator.confirmedAt?.milliseconds,
                authenticator.lastStep, StoredValue.bytes(of: authenticator.recoveryCodes),
            ]
        )
    }

    package func removeAuthenticator(of account: AccountID) throws {
        try db.run("DELETE FROM authenticators WHERE account = ?", [account.raw])
    }

    package func put(_ stepUp: StepUp) throws {
        try db.run(
            """
            INSERT INTO step_ups (session, purpose, account, expires_at) VALUES (?, ?, ?, ?)
            ON CONFLICT (session, purpose) DO UPDATE SET account = excluded.account, expires_at = excluded.expires_at
            """,
            [stepUp.session.raw, stepUp.purpose.rawValue, stepUp.account.raw, stepUp.expiresAt.milliseconds]
        )
    }

    package func removeStepUp(of session: SessionID, for purpose: StepUpPurpose) throws {
        try db.run("DELETE FROM step_ups WHERE session = ? AND purpose = ?", [session.raw, purpose.rawValue])
    }

    package func forgetStepUps(expiredBefore limit: Timestamp) throws {
        try db.run(
            """
            DELETE FROM step_ups WHERE (session, purpose) IN (
                SELECT session, purpose FROM step_ups WHERE expires_at < ? ORDER BY expires_at LIMIT 16
            )
            """, [limit.milliseconds]
        )
    }
}
