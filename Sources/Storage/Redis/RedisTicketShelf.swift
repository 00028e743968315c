package import CommandBus
package import Cryptography
import Foundation
package import Logging

/// The feed tickets of a cluster: a ticket that one instance gave out opens a feed of any other, once.
package struct RedisTicketShelf: FeedTicketShelf {
    private let client: RedisClient
    private let keys: RedisKeys
    private let capacityPerAccount: Int
    private let outage: OutageNote

    /// - Parameters:
    ///   - client: run by the caller.
    ///   - keys: the names in Redis.
    ///   - capacityPerAccount: how many tickets an account has at once; a further one ends its oldest.
    ///   - logger: is told when Redis does not answer, and when it does again.
    package init(client: RedisClient, keys: RedisKeys = RedisKeys(), capacityPerAccount: Int = 8, logger: Logger) {
        precondition(capacityPerAccount > 0, "a shelf has room")
        self.client = client
        self.keys = keys
        self.capacityPerAccount = capacityPerAccount
        outage = OutageNote(logger, away: "there are no feed tickets", back: "there are feed tickets again")
    }

    package func put(
        _ digest: Digest256, _ ticket: StoredTicket, life: Int, at now: Timestamp
    ) async throws(Problem) {
        let (name, account) = (digest.hexadecimal, ticket.principal.account.raw)
        do {
            let content = Array("\(account) ".utf8) + [UInt8](try WireJSON.encode(ticket))
            _ = try await client.run(
                TicketScripts.put, keys: [keys["ticket", name], keys["tickets", account]],
                arguments: [
                    .text(keys["ticket", ""]), .text(name), .bytes(content), .integer(max(1, life) * 1000),
                    .integer(capacityPerAccount),
                ]
            )
            outage.note(nil)
        } catch {
            outage.note(error)
            throw .feedTicketsUnavailable
        }
    }

    package func take(_ digest: Digest256, at now: Timestamp) async throws(Problem) -> StoredTicket? {
        let name = digest.hexadecimal
        do {
            let reply = try await client.run(
                TicketScripts.take, keys: [keys["ticket", name]], arguments: [.text(keys["tickets", ""]), .text(name)]
            )
            outage.note(nil)
            guard case .bulk(let content) = reply, let space = content.firstIndex(of: UInt8(ascii: " ")) else { return nil }
            return try WireJSON.decode(StoredTicket.self, from: Data(content[(space + 1)...]))
        } catch {
            outage.note(error)
            throw .feedTicketsUnavailable
        }
    }
}

extension Problem {
    fileprivate static let feedTicketsUnavailable = Problem(
        Code("feed_tickets_unavailable", status: 503, title: "Feed tickets are not available", retry: .after),
        "Get a new ticket in a moment, or send the session token in a header.", retryAfter: 2
    )
}

/// What instances ask of the tickets in Redis: `ticket:DIGEST` is `ACCOUNT TICKET`, and `tickets:ACCOUNT` has the digests
/// by the time at which they were put down.
private enum TicketScripts {
    /// Puts a ticket down, and ends the oldest of its account if there are too many.
    ///
    /// Atomic, because two who count at the same time would both find room.
    ///
    /// `KEYS`: ticket, the account's tickets. `ARGV`: prefix of tickets, digest, content, life in milliseconds, capacity.
    static let put = RedisScript(
        """
        local kept = {}
        for _, name in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
            if redis.call('EXISTS', ARGV[1] .. name) == 1 then
                kept[#kept + 1] = name
            else
                redis.call('ZREM', KEYS[2], name)
            end
        end
        for index = 1, #kept + 1 - tonumber(ARGV[5]) do
            redis.call('DEL', ARGV[1] .. kept[index])
            redis.call('ZREM', KEYS[2], kept[index])
        end
        local time = redis.call('TIME')
        redis.call('SET', KEYS[1], ARGV[3], 'PX', ARGV[4])
        redis.call('ZADD', KEYS[2], string.format('%.0f', time[1] * 1000000 + time[2]), ARGV[2])
        if redis.call('PTTL', KEYS[2]) < tonumber(ARGV[4]) then redis.call('PEXPIRE', KEYS[2], ARGV[4]) end
        return 1
        """
    )

    /// Takes a ticket away. Atomic, because of two who come with it one is to get it.
    ///
    /// `KEYS`: ticket. `ARGV`: prefix of accounts' tickets, digest. Returns the content, or nil.
    static let take = RedisScript(
        """
        local content = redis.call('GET', KEYS[1])
        if not content then return nil end
        redis.call('DEL', KEYS[1])
        redis.call('ZREM', ARGV[1] .. string.match(content, '^%S+'), ARGV[2])
        return content
        """
    )
}
