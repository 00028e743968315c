import Foundation

/// Runs what blocks on a thread of its own.
enum OffPool {
    static func run(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await value(body)
    }

    static func value<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result(catching: body)) }
        }
    }
}
