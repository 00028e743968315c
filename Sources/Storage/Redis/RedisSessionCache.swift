package import Auth
package import CommandBus
package import Cryptography
import Foundation
package import Logging
import Synchronization

/// The session cache of a cluster: entries in Redis that all instances share and that live for seconds.
///
/// It is only a cache. Why it never gives out a session whose end has been told:
///
/// - What is inserted was read from the store after a *mark*: the time of Redis at the lookup that missed. All times here
///   are Redis's; instances' clocks are never compared.
/// - ``forget(_:)`` leaves a *tombstone* with its time and deletes the account's entry. A read that began before the end
///   has a mark before the tombstone, so its insert is refused if it comes after, and deleted if it came before. The
///   tombstone stays for longer than such an insert could live.
/// - An entry also says from when on the store has to be asked again, by the clock of whoever asks. An instance whose clock
///   goes slow asks late, by as much, but for no more than a lifetime.
/// - Whatever happens, an entry ends one ``lifetime`` after its mark. So an end that can't be told (Redis is unreachable,
///   paused, full) is waited for: one lifetime after it, no entry from before it is left, and no insert from before it is
///   let in. A sign-in while Redis is away is slower, never wrong. A Redis that was paused judges by its own clock when it
///   goes on.
/// - A flush takes the tombstones along, but also the time at which the memory of this cache began: an insert whose mark is
///   older than that is refused.
///
/// What is left, for those who run Redis:
///
/// - A failover to a replica that lags, or a restart from an older file, may bring back an entry, or lose a tombstone; so
///   may an eviction of tombstones (`maxmemory-policy` other than `noeviction`). An ended session may then be found, until
///   one lifetime after its mark.
/// - Where the network is cut so that an instance reaches an old primary of the store that does not know yet that there is
///   another, it reads the past after a mark of the present, until that primary steps down (some ten seconds). An ended
///   session may then be found until one lifetime after that.
/// - A clock of Redis that is set back lengthens the lives of entries by as much. An end that reaches Redis deletes them
///   all the same; one that could not be told is waited for too briefly then. Clocks are to be slewed, not set.
package struct RedisSessionCache: SessionCache {
    private let client: RedisClient
    private let keys: RedisKeys
    private let lifetime: Duration
    private let clock: any SteadyClock
    // Two: a Redis that is full answers questions, and takes nothing.
    private let questions: OutageNote
    private let entries: OutageNote

    /// More than the rounding of times and the difference in speed of two clocks over a lifetime.
    private static let margin: Duration = .milliseconds(100)
    /// Between two attempts to tell an end.
    private static let pause: Duration = .milliseconds(500)

    /// - Parameters:
    ///   - client: run by the caller.
    ///   - keys: the names in Redis.
    ///   - lifetime: how long an entry lives at most, from before the store was read. A sign-in waits as long if Redis does
    ///     not answer.
    ///   - clock: measures that wait.
    ///   - logger: is told when Redis does not answer, and when it does again.
    package init(
        client: RedisClient, keys: RedisKeys = RedisKeys(), lifetime: Duration = .seconds(5),
        clock: any SteadyClock = SystemSteadyClock(), logger: Logger
    ) {
        precondition(lifetime >= .milliseconds(1), "an entry lives for a while")
        self.client = client
        self.keys = keys
        self.lifetime = lifetime
        self.clock = clock
        questions = OutageNote(
            logger, away: "sessions are read from the store: the session cache does not answer",
            back: "the session cache answers again"
        )
        entries = OutageNote(
            logger, away: "sessions are read from the store, and sign-ins may wait: the session cache takes nothing",
            back: "the session cache takes sessions again"
        )
    }

    package func lookup(_ token: Digest256, at now: Timestamp) async -> SessionLookup {
        let token = token.hexadecimal
        do {
            let reply = try await client.run(
                SessionScripts.lookup, keys: [keys["session", token], keys["sessions", "born"]],
                arguments: [.text(keys["account", ""]), .text(token), .integer(now.milliseconds)]
            )
            questions.note(nil)
            switch reply {
            case .bulk(let entry): return .found(try Self.principal(in: entry))
            case .integer(let mark): return .missing(SessionReadMark(value: UInt64(max(0, mark))))
            default: throw UnexpectedReply()
            }
        } catch {
            questions.note(error)
            return .missing(Self.noMark)
        }
    }

    package func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) async {
        guard mark.value != Self.noMark.value, let json = try? WireJSON.encode(principal) else { return }
        let token = token.hexadecimal
        do {
            _ = try await client.run(
                SessionScripts.insert,
                keys: [
                    keys["session", token], keys["sessions", "born"], keys["account", principal.account.raw],
                    keys["ended", principal.account.raw],
                ],
                arguments: [
                    .text(keys["session", ""]), .text(token), .integer(mark.value), .integer(lifetime.milliseconds),
                    .integer(principal.epoch),
                    .bytes(Array("\(principal.account.raw) \(limit.milliseconds) ".utf8) + [UInt8](json)),
                ]
            )
            entries.note(nil)
        } catch {
            // Then the store is asked again; whether it was inserted does not matter.
            entries.note(error)
        }
    }

    package func forget(_ token: Digest256, of account: AccountID) async {
        await forget(account, surviving: nil, token: token.hexadecimal)
    }

    package func forget(_ end: SessionEnd) async {
        await forget(end.account, surviving: end.survivingEpoch, token: nil)
    }

    /// Tells Redis of an end; or waits until nothing from before it can be found any more.
    private func forget(_ account: AccountID, surviving epoch: Int?, token: String?) async {
        let deadline = clock.now() + lifetime + Self.margin
        // Not cancelled with the caller: the session has ended all the same.
        await Task { [self] in
            while clock.now() < deadline {
                do {
                    _ = try await client.run(
                        SessionScripts.forget, keys: [keys["account", account.raw], keys["ended", account.raw]],
                        arguments: [
                            .text(keys["session", ""]), .text(epoch.map { "\($0)" } ?? ""), .text(token ?? ""),
                            .integer((lifetime + .seconds(1)).milliseconds),
                        ]
                    )
                    return
                } catch {
                    entries.note(error)
                }
                let left = deadline - clock.now()
                if left > .zero { try? await clock.sleep(for: min(left, Self.pause)) }
            }
        }.value
    }

    /// A mark with which nothing is inserted.
    private static let noMark = SessionReadMark(value: 0)

    private static func principal(in entry: [UInt8]) throws -> Principal {
        let parts = entry.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard parts.count == 3 else { throw UnexpectedReply() }
        return try WireJSON.decode(Principal.self, from: Data(parts[2]))
    }
}
