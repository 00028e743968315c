import CommandBus

/// Lets one instance do what all of them see at once, such as writing to the emergency address.
package struct RedisClaims: Sendable {
    private let client: RedisClient
    private let keys: RedisKeys

    package init(client: RedisClient, keys: RedisKeys = RedisKeys()) {
        self.client = client
        self.keys = keys
    }

    /// Whether this instance is the first to ask for a key.
    ///
    /// - Parameter life: after which the key is free again.
    /// - Returns: true also where Redis does not answer: twice is better than never.
    package func claim(_ key: String, for life: Duration) async -> Bool {
        do {
            let reply = try await client.send([
                "SET", .text(keys["claim", key]), "1", "NX", "PX", .integer(max(1, life.milliseconds)),
            ])
            return reply != .null
        } catch {
            return true
        }
    }
}
