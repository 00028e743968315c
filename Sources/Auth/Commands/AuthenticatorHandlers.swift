import CommandBus
import QRCode

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerAuthenticator(_ service: AuthService<Store>) {
        answer(StartAuthenticator.self) { _, context in
            let enrolment = try await service.runner.run(context) { work in
                let account = try service.ownAccount(in: work)
                try service.stepUps.spend(.authenticatorChange, in: work)
                return try service.authenticators.begin(for: account, in: work)
            }
            // Drawn here, as it takes some milliseconds, for which nobody else has to wait.
            return StartAuthenticator.Output(
                secret: enrolment.secret, uri: enrolment.uri, qr: try QRCode(enrolment.uri).svg
            )
        }
        answer(ConfirmAuthenticator.self) { input, context in
            let session = try context.signedIn().session
            let codes = try await service.answering(context, as: .session(session)) { work in
                let account = try service.ownAccount(in: work)
                return try service.authenticators.confirm(input.code, of: account, in: work).flatMapThrowing { codes in
                    // They have shown the weaker factor.
                    try service.devices.forgetAll(of: account.id, in: work)
                    try service.auditOwn(
                        "authenticator.confirm", of: account, changed: ChangedFields(.authenticator), in: work
                    )
                    return codes
                }
            }
            return RecoveryCodesView(codes)
        }
        read(ShowAuthenticator.self) { _, context, snapshot in
            let app = try snapshot.authenticator(of: try context.signedIn().account)
            return ShowAuthenticator.Output(
                enrolled: app?.confirmedAt != nil, confirmedAt: app?.confirmedAt,
                recoveryCodesLeft: app?.recoveryCodes.count ?? 0
            )
        }
        write(RemoveAuthenticator.self) { _, work in
            let account = try service.ownAccount(in: work)
            try service.stepUps.spend(.authenticatorChange, in: work)
            try service.authenticators.remove(of: account, in: work)
            try service.auditOwn("authenticator.remove", of: account, changed: ChangedFields(.authenticator), in: work)
            return NoOutput()
        }
        write(RenewRecoveryCodes.self) { _, work in
            let account = try service.ownAccount(in: work)
            try service.stepUps.spend(.authenticatorChange, in: work)
            let codes = try service.authenticators.renewRecoveryCodes(of: account, in: work)
            try service.auditOwn(
                "authenticator.recovery.renew", of: account, changed: ChangedFields(.recoveryCodes), in: work
            )
            return RecoveryCodesView(codes)
        }
    }
}

extension Problem {
    static let authenticatorExists = Problem(
        .authenticatorExists, "This account has an authenticator app. Remove it first, and enrol the new one then."
    )
    static let noAuthenticator = Problem(.noAuthenticator, "This account has no authenticator app.")
    static let noEnrolment = Problem(
        .noAuthenticator, "No authenticator app waits to be confirmed, or it has waited for too long. Start again."
    )
    static let wrongAuthenticatorCode = Problem(
        .invalidCode, "The code is wrong. Is the clock of the phone right? Wait for the next code."
    )
}
