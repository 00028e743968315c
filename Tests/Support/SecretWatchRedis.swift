import Storage

extension SecretWatch {
    /// Notes all keys of a Redis and what they hold, if it still answers.
    static func note(_ server: RedisServer) async {
        guard isOn else { return }
        let quick = RedisOptions(commandTimeout: .seconds(1), connectTimeout: .seconds(1))
        guard let client = try? server.client(quick) else { return }
        _ = try? await RedisServer.running(client) { client in
            guard case .array(let keys) = try await client.send(["KEYS", "*"]) else { return }
            for case .bulk(let key) in keys {
                let value = try? await value(of: .bytes(key), client)
                saw("\(written(.bulk(key)))\t\(value.map(written) ?? "-")", in: .redis)
            }
        }
    }

    private static func value(of key: RedisArgument, _ client: RedisClient) async throws -> RedisReply {
        switch try await client.send(["TYPE", key]).text {
        case "hash": try await client.send(["HGETALL", key])
        case "list": try await client.send(["LRANGE", key, "0", "-1"])
        case "set": try await client.send(["SMEMBERS", key])
        case "zset": try await client.send(["ZRANGE", key, "0", "-1", "WITHSCORES"])
        case "stream": try await client.send(["XRANGE", key, "-", "+"])
        default: try await client.send(["GET", key])
        }
    }

    private static func written(_ reply: RedisReply) -> String {
        switch reply {
        case .null: "-"
        case .integer(let number): String(number)
        case .status(let text), .error(let text): text
        case .bulk(let bytes):
            String(validating: bytes, as: UTF8.self) ?? bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        case .array(let parts): parts.map(written).joined(separator: " ")
        }
    }
}
