import CommandBus
import Cryptography
import Foundation
import Support
import Synchronization
import Testing

@testable import Auth

/// The cache is emptied over and over while thousands of requests come in and people sign in anew.
@Suite("The session cache under load")
struct SessionLoadTests {
    private struct Tally: Sendable {
        var requests = 0
        /// Live tokens that were refused.
        var signedOut = 0
        /// Tokens that were let in although a newer one had been handed out.
        var oldLetIn = 0
        var emptied = 0
        /// How often the cache had what it was asked for.
        var hits = 0
    }

    /// Which token of an account is the newest that was handed out, and which were before it.
    private final class Ring: Sendable {
        struct State {
            var live: String
            var dead: [String] = []
            /// While somebody signs in, either answer is right.
            var isChanging = false
            var changes = 0
        }

        let account: Account
        let state: Mutex<State>

        init(_ account: Account, _ token: String) {
            self.account = account
            state = Mutex(State(live: token))
        }
    }

    @Test("Emptied in the middle of it, nobody is signed out and no old token is let in", .timeLimit(.minutes(2)))
    func emptied() async throws {
        let tally = try await run(MemorySessionCache(), requests: 4000)
        #expect(tally.requests >= 4000)
        #expect(tally.emptied >= 20)
        #expect(tally.hits >= tally.emptied, "it was in use: each session was found in it before it was replaced")
        #expect(tally.signedOut == 0)
        #expect(tally.oldLetIn == 0)
    }

    @Test("Control: a cache that does not forget what has ended lets old tokens in, and this test sees it")
    func forgetful() async throws {
        let tally = try await run(DeafCache(), requests: 3000)
        #expect(tally.oldLetIn > 0)
    }

    /// A cache can hardly refuse what is good: what it does not have is looked up in the store. It would have to give out a
    /// session with another term than it has, and so that is what this one does with what it was to forget.
    @Test("Control: a cache that takes what it has lost for what is over signs people out, and this test sees it")
    func hasty() async throws {
        let tally = try await run(HastyCache(), requests: 1000)
        #expect(tally.signedOut > 0)
    }

    private final class TallyBoard: Sendable {
        let state = Mutex(Tally())
    }

    private func run(_ cache: some SessionCache, requests: Int) async throws -> Tally {
        let cache = CountedCache(cache)
        let house = try await AuthHouse(cache: cache)
        var rings: [Ring] = []
        for number in 0..<10 {
            let account = try await house.add("rider\(number)@example.com")
            rings.append(Ring(account, try await house.session(of: account)))
        }
        let tally = TallyBoard()
        let all = rings
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<8 {
                group.addTask {
                    for round in 0..<(requests / 8 + 1) {
                        try await ask(all[(worker + round) % all.count], house, tally, isOld: round % 3 == 0)
                    }
                }
            }
            // Sign-ins, and a cache that loses everything, until all have asked enough.
            group.addTask {
                var round = 0
                while tally.state.withLock({ $0.requests < requests || $0.emptied < 30 }) {
                    let ring = all[round % all.count]
                    // The cache has the session when it ends, as the second of the two asks finds; its token comes again at
                    // once after that.
                    for _ in 0..<2 { try await ask(ring, house, tally, isOld: false) }
                    try await signIn(ring, house)
                    try await ask(ring, house, tally, isOld: true)
                    await cache.forgetAll()
                    tally.state.withLock { $0.emptied += 1 }
                    round += 1
                }
            }
            try await group.waitForAll()
        }
        return tally.state.withLock { tally in
            tally.hits = cache.hits
            return tally
        }
    }

    private func signIn(_ ring: Ring, _ house: AuthHouse) async throws {
        ring.state.withLock { $0.isChanging = true }
        let token = try await house.session(of: ring.account)
        ring.state.withLock { state in
            state.dead = Array((state.dead + [state.live]).suffix(4))
            state.live = token
            state.isChanging = false
            state.changes += 1
        }
    }

    private func ask(_ ring: Ring, _ house: AuthHouse, _ board: TallyBoard, isOld: Bool) async throws {
        let before = ring.state.withLock { $0 }
        let token = isOld ? before.dead.last ?? before.live : before.live
        let code = try await house.send("session.show", as: token).code
        let after = ring.state.withLock { $0 }
        let isSettled = !before.isChanging && !after.isChanging && before.changes == after.changes
        board.state.withLock { tally in
            tally.requests += 1
            if token != before.live {
                // It was dead before the question was asked.
                if code != "session_replaced" { tally.oldLetIn += 1 }
            } else if isSettled, code != nil {
                tally.signedOut += 1
            }
        }
    }
}

/// Counts what is found in a cache.
private final class CountedCache: SessionCache {
    private let base: any SessionCache
    private let found = Mutex(0)

    init(_ base: any SessionCache) {
        self.base = base
    }

    var hits: Int { found.withLock { $0 } }

    func lookup(_ token: Digest256, at now: Timestamp) async -> SessionLookup {
        let answer = await base.lookup(token, at: now)
        if case .found = answer { found.withLock { $0 += 1 } }
        return answer
    }
    func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) async {
        await base.insert(principal, for: token, readAfter: mark, until: limit, at: now)
    }
    func forget(_ token: Digest256, of account: AccountID) async { await base.forget(token, of: account) }
    func forget(_ end: SessionEnd) async { await base.forget(end) }
    func forgetAll() async { await base.forgetAll() }
}

/// A cache that takes what it has lost for what is over.
private final class HastyCache: SessionCache {
    private struct State {
        var known: [Digest256: Principal] = [:]
        var lost: [Digest256: Principal] = [:]
    }

    private let cache = MemorySessionCache()
    private let state = Mutex(State())

    func lookup(_ token: Digest256, at now: Timestamp) -> SessionLookup {
        guard let principal = state.withLock({ $0.lost[token] }) else { return cache.lookup(token, at: now) }
        return .found(
            Principal(
                account: principal.account, role: principal.role, session: principal.session, epoch: principal.epoch,
                expiresAt: now
            )
        )
    }
    func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) {
        state.withLock { $0.known[token] = principal }
        cache.insert(principal, for: token, readAfter: mark, until: limit, at: now)
    }
    func forget(_ token: Digest256, of account: AccountID) {
        state.withLock { $0.known[token] = nil }
        cache.forget(token, of: account)
    }
    func forget(_ end: SessionEnd) {
        state.withLock { state in state.known = state.known.filter { !end.ends($1) } }
        cache.forget(end)
    }
    func forgetAll() {
        state.withLock { state in
            state.lost.merge(state.known) { $1 }
            state.known = [:]
        }
        cache.forgetAll()
    }
}

/// A cache that hears of no end.
private struct DeafCache: SessionCache {
    private let cache = MemorySessionCache()

    func lookup(_ token: Digest256, at now: Timestamp) -> SessionLookup { cache.lookup(token, at: now) }
    func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) {
        cache.insert(principal, for: token, readAfter: mark, until: limit, at: now)
    }
    func forget(_ token: Digest256, of account: AccountID) {}
    func forget(_ end: SessionEnd) {}
}
