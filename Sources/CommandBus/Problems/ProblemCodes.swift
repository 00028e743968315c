/// The problems of the bus itself. A feature declares its own beside its rules.
extension Problem.Code {
    package static let malformedJSON = Self("malformed_json", status: 400, title: "The body is not JSON")
    package static let malformedFrame = Self("malformed_frame", status: 400, title: "The frame is not a command")
    package static let malformedRequest = Self("malformed_request", status: 400, title: "The request is malformed")
    package static let keyRequired = Self(
        "idempotency_key_required", status: 400, title: "An idempotency key is required"
    )
    package static let notSignedIn = Self("not_signed_in", status: 401, title: "Not signed in")
    package static let sessionExpired = Self("session_expired", status: 401, title: "The session has ended")
    package static let sessionReplaced = Self("session_replaced", status: 401, title: "The session was replaced")
    package static let sessionRevoked = Self("session_revoked", status: 401, title: "The session was revoked")
    package static let notAllowed = Self("not_allowed", status: 403, title: "Not allowed", isSuspicious: true)
    package static let notFound = Self("not_found", status: 404, title: "Not found")
    package static let unknownCommand = Self("unknown_command", status: 404, title: "No such command")
    package static let unknownTopic = Self("unknown_topic", status: 404, title: "No such feed")
    package static let methodNotAllowed = Self("method_not_allowed", status: 405, title: "Method not allowed")
    package static let windowClosed = Self("window_closed", status: 409, title: "Not possible at this time", retry: .after)
    package static let feedElsewhere = Self("feed_elsewhere", status: 409, title: "The feed is on another transport")
    package static let duplicateID = Self("duplicate_id", status: 409, title: "The id is still in use")
    package static let tooLarge = Self("too_large", status: 413, title: "The input is too large")
    package static let unsupportedMediaType = Self(
        "unsupported_media_type", status: 415, title: "The media type is not supported"
    )
    package static let invalidInput = Self("invalid_input", status: 422, title: "The input is not valid")
    package static let keyReused = Self(
        "idempotency_key_reused", status: 422, title: "The idempotency key was used for something else"
    )
    package static let tooManyRequests = Self("too_many_requests", status: 429, title: "Too many requests", retry: .after)
    package static let tooManyGuesses = Self(
        "too_many_guesses", status: 429, title: "Too many wrong guesses", retry: .after, isSuspicious: true
    )
    package static let tooManyAtOnce = Self(
        "too_many_at_once", status: 429, title: "Too many commands at once", retry: .after
    )
    package static let tooManySubscriptions = Self("too_many_subscriptions", status: 429, title: "Too many subscriptions")
    package static let internalError = Self("internal_error", status: 500, title: "Internal error", retry: .sameKey)
    package static let storeUnavailable = Self(
        "store_unavailable", status: 503, title: "The store can't be reached", retry: .sameKey
    )
    package static let storeBusy = Self(
        "store_busy", status: 503, title: "Too much work is waiting", retry: .sameKey
    )
    package static let maintenance = Self("maintenance", status: 503, title: "Maintenance", retry: .sameKey)
    package static let stopping = Self("stopping", status: 503, title: "The server is stopping", retry: .sameKey)
}

extension Problem {
    /// Not signed in, or with a token that this server does not know.
    package static let notSignedIn = Problem(.notSignedIn, "Sign in and send the session token.")
    package static let sessionExpired = Problem(.sessionExpired, "The session has ended. Sign in again.")
    package static let sessionReplaced = Problem(
        .sessionReplaced, "A newer sign-in of the same account ended this session."
    )
    package static let sessionRevoked = Problem(
        .sessionRevoked, "The account was changed, which ended this session. Sign in again."
    )
    package static let internalError = Problem(
        .internalError, "Something went wrong on the server. The outcome is unknown: repeat with the same idempotency key."
    )
    package static let storeUnavailable = Problem(
        .storeUnavailable, "The outcome is unknown: repeat with the same idempotency key.", retryAfter: 2
    )

    package static let storeBusy = Problem(
        .storeBusy, "Nothing was done. Repeat with the same idempotency key.", retryAfter: 1
    )

    package static func notFound(_ what: String) -> Problem {
        Problem(.notFound, "There is no such \(what).")
    }

    package static func invalid(_ errors: [Violation]) -> Problem {
        let fields = errors.count == 1 ? "One rule is" : "\(errors.count) rules are"
        return Problem(.invalidInput, "\(fields) broken; 'errors' names each.", errors: errors)
    }

    package static func invalid(_ pointer: String, _ detail: String) -> Problem {
        invalid([Violation(pointer: pointer, detail: detail)])
    }
}
