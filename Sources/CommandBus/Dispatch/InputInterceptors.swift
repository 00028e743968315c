import Foundation

/// Decodes the input, or names every rule that it breaks.
struct ValidationInterceptor: Interceptor {
    /// RFC 8259 has no smaller object.
    private static let emptyObject = Data("{}".utf8)

    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        var call = call
        do throws(Problem) {
            call.decoded = try call.entry.decode(call.input.isEmpty ? Self.emptyObject : call.input)
        } catch {
            throw call.gate ?? error
        }
        return try await next(call)
    }
}

/// Reads the idempotency key. What it means is settled inside the unit of work, in the transaction of its effect.
struct IdempotencyInterceptor: Interceptor {
    func intercept(_ call: CommandCall, next: Next) async throws -> CommandReply {
        guard call.entry.idempotency != .none else { return try await next(call) }
        guard let raw = call.key else {
            guard call.entry.idempotency == .optional else {
                throw Problem(
                    .keyRequired,
                    "\(call.entry.name) moves money: send a new Idempotency-Key (on a socket, 'key') for each intended effect."
                )
            }
            return try await next(call)
        }
        var call = call
        do throws(RuleViolation) {
            call.idempotencyKey = try IdempotencyKey(refining: raw)
        } catch {
            throw call.gate ?? Problem(.malformedRequest, "The idempotency key \(error.detail).")
        }
        return try await next(call)
    }
}
