package import CommandBus

extension Problem.Code {
    package static let invalidCredentials = Self(
        "invalid_credentials", status: 401, title: "The address or the password is wrong"
    )
    package static let invalidCode = Self("invalid_code", status: 401, title: "The code is wrong")
    package static let codeExpired = Self("code_expired", status: 409, title: "The code is no longer good")
    package static let tooManyTries = Self(
        "too_many_tries", status: 429, title: "Too many wrong codes", retry: .after
    )
    package static let tooManyMails = Self("too_many_mails", status: 429, title: "Too many codes were sent", retry: .after)
    package static let registrationExpired = Self(
        "registration_expired", status: 409, title: "The registration is no longer good"
    )
    package static let accountExists = Self("account_exists", status: 409, title: "The account exists already")
    package static let accountSuspended = Self("account_suspended", status: 403, title: "The account is suspended")
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

    static func signInBusy(retryAfter seconds: Int) -> Problem {
        Problem(.signInBusy, "Too many people sign in at this moment. Come back in \(seconds) s.", retryAfter: seconds)
    }
}
