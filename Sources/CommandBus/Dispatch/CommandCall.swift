package import Cryptography
package import Foundation

/// A command on its way in, as a transport hands it over.
package struct CommandCall: Sendable {
    package let entry: CommandEntry
    /// The input as JSON; empty means an empty object.
    package let input: Data
    /// The session token, if the client sent one.
    package let token: String?
    /// The idempotency key as the client sent it.
    package let key: String?
    /// The address that the client calls from, for rate limits and the audit log.
    package let address: String
    /// 32 hexadecimal digits (W3C Trace Context).
    package let trace: String
    package let transport: FeedTransport

    /// Filled in by the interceptors.
    var principal: Principal?
    var idempotencyKey: IdempotencyKey?
    var decoded: DecodedInput?
    /// Why nothing new may be begun now; an answer that was given before is given again all the same.
    var gate: Problem?
    var now: Timestamp

    package init(
        entry: CommandEntry, input: Data, token: String?, key: String?, address: String, trace: String,
        transport: FeedTransport
    ) {
        self.entry = entry
        self.input = input
        self.token = token
        self.key = key
        self.address = address
        self.trace = trace
        self.transport = transport
        now = Timestamp(milliseconds: 0)
    }
}

/// What a handler knows of its call.
package struct CommandContext: Sendable {
    package let principal: Principal?
    private let token: ShownCredential
    package let idempotencyKey: IdempotencyKey?
    package let address: String
    package let trace: String
    /// One instant for the whole call.
    package let now: Timestamp
    package let random: any RandomSource
    /// Why nothing new may be begun now; see ``WindowInterceptor``.
    let gate: Problem?

    package init(
        principal: Principal?, token: String? = nil, idempotencyKey: IdempotencyKey?, address: String, trace: String,
        now: Timestamp, random: any RandomSource, gate: Problem? = nil
    ) {
        self.principal = principal
        self.token = ShownCredential(text: token)
        self.idempotencyKey = idempotencyKey
        self.address = address
        self.trace = trace
        self.now = now
        self.random = random
        self.gate = gate
    }

    /// The context of work that no client asked for.
    package static func system(_ name: String, now: Timestamp, random: any RandomSource) -> CommandContext {
        CommandContext(principal: nil, idempotencyKey: nil, address: name, trace: name, now: now, random: random)
    }

    /// The hash of the token that showed who is asking: a session outlives its tokens.
    package var tokenDigest: Digest256? { token.text.flatMap(SecretToken.digest(ofShown:)) }

    /// Who is asking, where the access of the command has made sure that somebody is.
    package func signedIn() throws(Problem) -> Principal {
        guard let principal else { throw .notSignedIn }
        return principal
    }

    /// A new identifier.
    package func makeID<Kind>(_ kind: Kind.Type = Kind.self) -> Identifier<Kind> {
        .make(at: now, random: AnyRandom(base: random))
    }
}

/// A token as it was sent, which is in no description of the context.
private struct ShownCredential: Sendable, Unprintable {
    let text: String?
}

/// Opens the existential once, so that generic code can take it.
private struct AnyRandom: RandomSource {
    let base: any RandomSource
    func next() -> UInt64 { base.next() }
}
