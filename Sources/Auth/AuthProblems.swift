package import CommandBus

extension Problem.Code {
    package static let invalidCredentials = Self(
        "invalid_credentials", status: 401, title: "The address or the password is wrong", isSuspicious: true
    )
    package static let invalidCode = Self("invalid_code", status: 401, title: "The code is wrong", isSuspicious: true)
    package static let codeExpired = Self("code_expired", status: 409, title: "The code is no longer good")
    package static let tooManyTries = Self(
        "too_many_tries", status: 429, title: "Too many wrong codes", retry: .after, isSuspicious: true
    )
    package static let tooManyMails = Self("too_many_mails", status: 429, title: "Too many codes were sent", retry: .after)
    package static let registrationExpired = Self(
        "registration_expired", status: 409, title: "The registration is no longer good"
    )
    package static let accountExists = Self("account_exists", status: 409, title: "The account exists already")
    package static let accountSuspended = Self(
        "account_suspended", status: 403, title: "The account is suspended", isSuspicious: true
    )
    /// Nothing was reached: after the step-up the same key is good for the command.
    package static let stepUpRequired = Self(
        "step_up_required", status: 403, title: "A fresh second factor is needed", retry: .sameKey
    )
    package static let resetExpired = Self("reset_expired", status: 409, title: "The password reset is no longer good")
    package static let accountHasBookings = Self(
        "account_has_bookings", status: 409, title: "The account holds bookings"
    )
    package static let accountHasMoney = Self("account_has_money", status: 409, title: "The account holds money")
    package static let accountClosed = Self("account_closed", status: 409, title: "The account is closed")
    package static let lastGodAdmin = Self("last_god_admin", status: 409, title: "Somebody must be left to appoint staff")
    package static let authenticatorExists = Self(
        "authenticator_exists", status: 409, title: "There is an authenticator app already"
    )
    package static let noAuthenticator = Self("no_authenticator", status: 409, title: "There is no authenticator app")
    package static let signInBusy = Self("sign_in_busy", status: 429, title: "Too many sign-ins at once", retry: .after)
}

extension Problem {
    /// The same whether or not there is such an account.
    static let invalidCredentials = Problem(.invalidCredentials, "The e-mail address or the password is wrong.")
    /// Used up, too old, of another purpose, or never there.
    static let codeExpired = Problem(.codeExpired, "This code is no longer good. Ask for a new one.")
    static let registrationExpired = Problem(
        .registrationExpired, "This registration was used, or is too old. Start again."
    )
    static let resetExpired = Problem(
        .resetExpired, "This password reset was used, or is too old. Start again."
    )
    static let accountExists = Problem(.accountExists, "There is an account with this e-mail address. Sign in.")
    static let accountSuspended = Problem(.accountSuspended, "This account is suspended. Ask the operator.")

    static func invalidCode(triesLeft: Int) -> Problem {
        Problem(.invalidCode, "The code is wrong. \(triesLeft == 1 ? "One try is" : "\(triesLeft) tries are") left.")
    }

    static func tooManyTries(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyTries, "Too many wrong codes for this address. Come back in \(seconds) s.", retryAfter: seconds)
    }

    static func tooManyMails(retryAfter seconds: Int) -> Problem {
        Problem(
            .tooManyMails, "A code was sent to this address already. Another can be sent in \(seconds) s.",
            retryAfter: seconds
        )
    }

    static func tooManyLetters(retryAfter seconds: Int) -> Problem {
        Problem(
            .tooManyMails, "Too many codes were asked for from your network. Come back in \(seconds) s.",
            retryAfter: seconds
        )
    }

    static func accountHasBookings(_ count: Int) -> Problem {
        let rides = count == 1 ? "a booking of a ride" : "\(count) bookings of rides"
        return Problem(.accountHasBookings, "The account has \(rides) to come. Cancel or ride first.")
    }

    static func accountHasMoney(_ balance: Money) -> Problem {
        Problem(
            .accountHasMoney,
            "The wallet holds \(balance.amount) (minor units of \(balance.currency)). Say in 'moneyTo' where it goes: "
                + "'operator', or the id of another rider's account."
        )
    }

    static func stepUpRequired(_ purpose: StepUpPurpose) -> Problem {
        Problem(
            .stepUpRequired,
            "Show a fresh second factor first: stepup.start and stepup.verify with the purpose '\(purpose.rawValue)'."
        )
    }

    static func tooManyGuesses(retryAfter seconds: Int) -> Problem {
        Problem(.tooManyGuesses, "Too many wrong guesses. Come back in \(seconds) s.", retryAfter: seconds)
    }

    static func signInBusy(retryAfter seconds: Int) -> Problem {
        Problem(.signInBusy, "Too many people sign in at this moment. Come back in \(seconds) s.", retryAfter: seconds)
    }
}
