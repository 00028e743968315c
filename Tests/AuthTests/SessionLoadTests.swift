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
        #expect(tally.signedOut == 0)
        #expect(tally.oldLetIn == 0)
    }

    @Test("Control: a cache that does not forget what has ended lets old tokens in, and this test sees it")
    func forgetful() async throws {
        let tally = try await run(DeafCache(), requests: 3000)
        #expect(tally.oldLetIn > 0)
    }

    private final class TallyBoard: Sendable {
        let state = Mutex(Tally())
    }

    private func run(_ cache: some SessionCache, requests: Int) async throws -> Tally {
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
                    // The cache knows the session when it ends, and its token comes at once after that.
                    try await ask(ring, house, tally, isOld: false)
                    try await signIn(ring, house)
                    try await ask(ring, house, tally, isOld: true)
                    await cache.forgetAll()
                    tally.state.withLock { $0.emptied += 1 }
                    round += 1
                }
            }
            try await group.waitForAll()
        }
        return tally.state.withLock { $0 }
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
