import Storage

/// Commands as at a terminal, for tests that know nothing of the client.
extension RedisServer {
    package func say(_ words: String...) async throws {
        try await command(words.map { .text($0) })
    }

    package func has(_ key: String) async throws -> Bool {
        try await command(["EXISTS", .text(key)]) == .integer(1)
    }
}
