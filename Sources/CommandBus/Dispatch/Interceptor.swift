/// The rest of the chain.
typealias Next = @Sendable (CommandCall) async throws -> CommandReply

/// One concern that all commands share, on every transport.
protocol Interceptor: Sendable {
    /// - Throws: ``Problem`` to refuse the call; whatever the rest of the chain throws.
    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply
}

/// The end of the chain: the command's own handler.
struct HandlerStep: Sendable {
    let random: any RandomSource

    func run(_ call: CommandCall) async throws -> CommandReply {
        guard let decoded = call.decoded else { throw Problem.internalError }
        let context = CommandContext(
            principal: call.principal, token: call.token, idempotencyKey: call.idempotencyKey, address: call.address,
            trace: call.trace, now: call.now, random: random, gate: call.gate
        )
        return try await call.entry.run(decoded, context)
    }
}
