import CommandBus

@testable import Gateway

/// One good use of every command of accounts, and the conflicts that their rules know.
///
/// The clock stands still: whoever needs several codes by mail would have to wait a minute between them. So each walk is
/// another rider's, the developer steps up once, and the god admin goes by an authenticator app and its recovery codes.
enum ParityAccounts {
    static var cases: [ParityCase] {
        registration + signIn + passwordReset + ownAccount + deletion + authenticator + riders + staff + farewell
    }

    private static let password = JSONValue.string(DemoAccounts.password)
    private static let god = "god@demo.test"
    private static let developer = "developer@demo.test"

    private static func good(
        _ command: String, as account: String? = nil, _ input: [String: JSONValue] = [:], key: String? = nil,
        status: Int = 200, keeps: [String: String] = [:]
    ) -> ParityCase {
        ParityCase(command, "good", as: account, .object(input), key: key, status: status, keeps: keeps)
    }

    private static func other(
        _ command: String, _ label: String, as account: String? = nil, _ input: [String: JSONValue] = [:],
        key: String? = nil, status: Int = 200, keeps: [String: String] = [:]
    ) -> ParityCase {
        ParityCase(command, label, as: account, .object(input), key: key, status: status, keeps: keeps)
    }

    private static var registration: [ParityCase] {
        [
            good("registration.start", ["email": "new@example.com"], status: 202, keeps: ["challenge": "challenge"]),
            other("registration.start", "too soon", ["email": "new@example.com"], status: 429),
            other("registration.start", "no address", ["email": "n\u{435}w@example.com"], status: 422),
            other("registration.start", "has an account", ["email": "rider8@demo.test"], status: 202),
            other("registration.verify", "wrong code", ["challenge": "{challenge}", "code": "00000000"], status: 401),
            good(
                "registration.verify", ["challenge": "{challenge}", "code": "{code to new@example.com}"],
                keeps: ["registration": "registration"]),
            other(
                "registration.complete", "weak password",
                ["registration": "{registration}", "name": "Asha", "rollNumber": "1", "password": "password1"], status: 422),
            good(
                "registration.complete",
                [
                    "registration": "{registration}", "name": "Asha", "rollNumber": "1",
                    "password": "violet-harbour-tram-27", "remember": true,
                ], status: 201, keeps: ["newcomer": "token", "device": "device"]),
            other(
                "registration.complete", "a second time",
                ["registration": "{registration}", "name": "Asha", "rollNumber": "1", "password": "violet-harbour-tram-27"],
                status: 409),
            other("session.show", "of the newcomer", as: "{newcomer}"),
            other(
                "session.open", "on a remembered device",
                ["email": "new@example.com", "password": "violet-harbour-tram-27", "device": "{device}"],
                keeps: ["newcomer again": "token"]),
            good("account.devices", as: "{newcomer again}", keeps: ["the device": "items.0.id"]),
            other(
                "account.devices.forget", "no such", as: "{newcomer again}", ["id": "dev_none"], key: "f0", status: 404),
            good("account.devices.forget", as: "{newcomer again}", ["id": "{the device}"], key: "f1", status: 204),
            other(
                "account.devices.forget", "again, same key", as: "{newcomer again}", ["id": "{the device}"], key: "f1",
                status: 204),
            other("account.devices", "none left", as: "{newcomer again}"),
        ]
    }

    private static var signIn: [ParityCase] {
        [
            good(
                "session.open", ["email": "rider9@demo.test", "password": password], keeps: ["sign-in": "challenge"]),
            other(
                "session.open", "wrong password", ["email": "rider9@demo.test", "password": "not the password"], status: 401),
            other("session.open", "no such account", ["email": "nobody@demo.test", "password": password], status: 401),
            other("session.verify", "wrong code", ["challenge": "{sign-in}", "code": "00000000"], status: 401),
            other("session.verify", "code of an app", ["challenge": "{sign-in}", "code": "000000"], status: 401),
            good(
                "session.verify",
                ["challenge": "{sign-in}", "code": "{code to rider9@demo.test}", "remember": true],
                keeps: ["nine": "token"]),
            good("session.refresh", as: "{nine}", keeps: ["nine refreshed": "token"]),
            other("session.show", "after the refresh", as: "{nine refreshed}"),
            good("session.close", as: "{nine refreshed}", status: 204),
        ]
    }

    private static var passwordReset: [ParityCase] {
        [
            good("password.reset.start", ["email": "rider10@demo.test"], status: 202, keeps: ["reset": "challenge"]),
            other("password.reset.start", "no such account", ["email": "nobody@demo.test"], status: 202),
            other("password.reset.start", "too soon", ["email": "rider10@demo.test"], status: 429),
            other(
                "registration.verify", "a code of another purpose",
                ["challenge": "{reset}", "code": "{code to rider10@demo.test}"], status: 409),
            good(
                "password.reset.verify", ["challenge": "{reset}", "code": "{code to rider10@demo.test}"],
                keeps: ["right to reset": "reset"]),
            good(
                "password.reset.complete", ["reset": "{right to reset}", "password": "violet-harbour-tram-28"]),
            other(
                "password.reset.complete", "a second time",
                ["reset": "{right to reset}", "password": "violet-harbour-tram-29"], status: 409),
        ]
    }

    /// A step-up of an account of the demo, by mail.
    private static func stepUp(_ purpose: JSONValue, _ account: String) -> [ParityCase] {
        [
            good("stepup.start", as: account, ["purpose": purpose], status: 202, keeps: ["step-up": "challenge"]),
            good("stepup.verify", as: account, ["challenge": "{step-up}", "code": .string("{code to \(account)}")]),
        ]
    }

    private static var ownAccount: [ParityCase] {
        [
            good("account.show", as: "rider13@demo.test"),
            good("account.update", as: "rider13@demo.test", ["name": "Ravi Menon"]),
            other("account.update", "nothing", as: "rider13@demo.test", status: 422),
            good("account.export", as: "rider13@demo.test"),
            other("stepup.start", "not for riders", as: "rider13@demo.test", ["purpose": "staff_change"], status: 403),
            other(
                "account.email.change", "no step-up", as: "rider12@demo.test", ["email": "new12@example.com"], status: 403),
        ] + stepUp("email_change", "rider12@demo.test") + [
            good(
                "account.email.change", as: "rider12@demo.test", ["email": "new12@example.com"], status: 202,
                keeps: ["new address": "challenge"]),
            good(
                "account.email.confirm", as: "rider12@demo.test",
                ["challenge": "{new address}", "code": "{code to new12@example.com}"]),
            other(
                "account.password.change", "no step-up", as: "rider11@demo.test",
                ["currentPassword": password, "password": "violet-harbour-tram-30"], status: 403),
        ] + stepUp("password_change", "rider11@demo.test") + [
            other(
                "account.password.change", "wrong password", as: "rider11@demo.test",
                ["currentPassword": "not the password", "password": "violet-harbour-tram-30"], status: 401),
            good(
                "account.password.change", as: "rider11@demo.test",
                ["currentPassword": password, "password": "violet-harbour-tram-30", "remember": true],
                keeps: ["eleven": "token", "device of eleven": "device"]),
            other("account.show", "with the new token", as: "{eleven}"),
        ]
    }

    private static var deletion: [ParityCase] {
        [
            other("account.delete", "no step-up", as: "rider14@demo.test", ["moneyTo": "operator"], key: "d0", status: 403)
        ]
            + stepUp("account_deletion", "rider14@demo.test") + [
                other("account.delete", "with money", as: "rider14@demo.test", key: "d1", status: 409),
                other(
                    "account.delete", "nobody to take it", as: "rider14@demo.test", ["moneyTo": "a_nobody"], key: "d2",
                    status: 422),
                good("account.delete", as: "rider14@demo.test", ["moneyTo": "operator"], key: "d3", status: 204),
                other("session.open", "deleted", ["email": "rider14@demo.test", "password": password], status: 401),
            ]
    }

    private static var authenticator: [ParityCase] {
        [good("authenticator.show", as: god), other("authenticator.start", "no step-up", as: god, status: 403)]
            + stepUp("authenticator_change", god) + [
                good("authenticator.start", as: god, status: 201, keeps: ["app": "secret"]),
                other("authenticator.confirm", "wrong code", as: god, ["code": "000000"], status: 401),
                good(
                    "authenticator.confirm", as: god, ["code": "{app code of app}"],
                    keeps: Dictionary(uniqueKeysWithValues: (0..<10).map { ("recovery \($0)", "recoveryCodes.\($0)") })),
                other("authenticator.confirm", "confirmed already", as: god, ["code": "{app code of app}"], status: 409),
            ]
    }

    /// A step-up of the god admin, by a recovery code.
    private static func stepUp(_ purpose: JSONValue, recovery number: Int) -> [ParityCase] {
        [
            good("stepup.start", as: god, ["purpose": purpose], status: 202, keeps: ["step-up": "challenge"]),
            good("stepup.verify", as: god, ["challenge": "{step-up}", "code": .string("{recovery \(number)}")]),
        ]
    }

    private static var riders: [ParityCase] {
        let mended: [String: JSONValue] = ["id": "{rider}", "rollNumber": "2026-CS-015", "reason": "A slip of the pen"]
        return [
            other("account.show", "of a rider", as: "rider15@demo.test", keeps: ["rider": "id"]),
            good("riders.list", as: developer, ["limit": 2]),
            other("riders.list", "by address", as: developer, ["email": "rider15@demo.test"]),
            good("riders.show", as: developer, ["id": "{rider}"]),
            other("riders.show", "no such", as: developer, ["id": "a_none"], status: 404),
            good("riders.suspend", as: developer, ["id": "{rider}", "reason": "Lost the phone"], key: "r1"),
            other("session.open", "suspended", ["email": "rider15@demo.test", "password": password], status: 403),
            good("riders.reinstate", as: developer, ["id": "{rider}", "reason": "Found it"], key: "r2"),
            other("riders.update", "no step-up", as: god, mended, key: "r3", status: 403),
        ] + stepUp("rider_change", recovery: 8) + [
            other(
                "riders.update", "taken", as: god, ["id": "{rider}", "email": "rider16@demo.test", "reason": "By mistake"],
                key: "r4", status: 409),
            good("riders.update", as: god, mended, key: "r5"),
            other("riders.show", "mended", as: developer, ["id": "{rider}"]),
            other(
                "riders.delete", "no step-up", as: developer,
                ["id": "{rider}", "reason": "Has left", "moneyTo": "operator"], key: "r6", status: 403),
        ] + stepUp("rider_change", developer) + [
            other(
                "riders.delete", "with money", as: developer, ["id": "{rider}", "reason": "Has left"], key: "r7",
                status: 409),
            other(
                "riders.delete", "to a rider", as: developer,
                ["id": "{rider}", "reason": "Has left", "moneyTo": "{rider}"], key: "r8", status: 422),
            good(
                "riders.delete", as: developer, ["id": "{rider}", "reason": "Has left", "moneyTo": "operator"], key: "r9"),
            other("riders.show", "gone", as: developer, ["id": "{rider}"]),
        ]
    }

    private static var staff: [ParityCase] {
        let created: [String: JSONValue] = [
            "email": "meera@example.com", "name": "Meera Das", "role": "conductor", "reason": "New on line 2",
        ]
        return [other("staff.create", "no step-up", as: god, created, key: "s0", status: 403)]
            + stepUp("staff_change", recovery: 0) + [
                good("staff.create", as: god, created, key: "s1", status: 201, keeps: ["conductor": "account"]),
                other("staff.create", "again, same key", as: god, created, key: "s1", status: 201),
                good("staff.list", as: god, ["role": "conductor"]),
                good("staff.show", as: god, ["id": "{conductor}"]),
            ] + stepUp("staff_change", recovery: 1) + [
                good(
                    "staff.update", as: god, ["id": "{conductor}", "role": "developer", "reason": "Runs the timetable now"],
                    key: "s2")
            ] + stepUp("staff_change", recovery: 2) + [
                good("staff.suspend", as: god, ["id": "{conductor}", "reason": "Away"], key: "s3")
            ] + stepUp("staff_change", recovery: 3) + [
                good("staff.reinstate", as: god, ["id": "{conductor}", "reason": "Back"], key: "s4")
            ] + stepUp("staff_change", recovery: 4) + [
                good("staff.revoke", as: god, ["id": "{conductor}", "reason": "Has left"], key: "s5"),
                good("audit.list", as: developer, ["limit": 3]),
                other("audit.list", "of one", as: developer, ["subject": "{conductor}"]),
            ] + stepUp("staff_change", recovery: 5) + [
                other("account.show", "of the god admin", as: god, keeps: ["god": "id"]),
                other(
                    "staff.revoke", "the last one", as: god, ["id": "{god}", "reason": "Has left"], key: "s6", status: 409),
            ]
    }

    private static var farewell: [ParityCase] {
        stepUp("authenticator_change", recovery: 6) + [
            good("authenticator.recovery.renew", as: god, keeps: ["fresh": "recoveryCodes.0"]),
            good("stepup.start", as: god, ["purpose": "authenticator_change"], status: 202, keeps: ["step-up": "challenge"]),
            other(
                "stepup.verify", "a recovery code that was replaced", as: god,
                ["challenge": "{step-up}", "code": "{recovery 7}"], status: 401),
            good("stepup.verify", as: god, ["challenge": "{step-up}", "code": "{fresh}"]),
            good("authenticator.remove", as: god, status: 204),
            other("authenticator.remove", "none there", as: god, status: 403),
        ]
    }
}
