import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Testing

@testable import Auth

@Suite("The session cache")
struct SessionCacheTests {
    private let now = Timestamp(milliseconds: 1_795_501_800_000)
    private var later: Timestamp { now.adding(seconds: 24 * 3600) }

    private func principal(_ number: Int, epoch: Int = 1) -> Principal {
        NamedTokens.principal(.rider, AccountID(trusted: "a_\(number)"), epoch: epoch)
    }

    private func token(_ number: Int) -> Digest256 { SHA256.digest("token \(number)".utf8) }

    private func mark(_ cache: MemorySessionCache, _ number: Int) throws -> SessionReadMark {
        guard case .missing(let mark) = cache.lookup(token(number), at: now) else { throw NotMissing() }
        return mark
    }

    private func has(_ cache: MemorySessionCache, _ number: Int, at time: Timestamp? = nil) -> Bool {
        if case .found = cache.lookup(token(number), at: time ?? now) { true } else { false }
    }

    private struct NotMissing: Error {}

    @Test("It finds what was inserted, until its lifetime is over or the clock is set back")
    func lifetime() throws {
        let cache = MemorySessionCache(lifetime: 300)
        for (time, isThere) in [(299, true), (300, false), (-1, false)] {
            cache.insert(principal(1), for: token(1), readAfter: try mark(cache, 1), until: later, at: now)
            #expect(has(cache, 1, at: now.adding(seconds: time)) == isThere)
            cache.forget(token(1), of: principal(1).account)
        }
    }

    @Test("From its limit on an entry is not found, however young it is")
    func limit() throws {
        let cache = MemorySessionCache(lifetime: 300)
        for (seconds, isThere) in [(59, true), (60, false)] {
            let mark = try mark(cache, 1)
            cache.insert(principal(1), for: token(1), readAfter: mark, until: now.adding(seconds: 60), at: now)
            #expect(has(cache, 1, at: now.adding(seconds: seconds)) == isThere)
            cache.forget(token(1), of: principal(1).account)
        }
    }

    @Test("The end of a session takes it out, and leaves the surviving epoch and other accounts alone")
    func end() throws {
        let cache = MemorySessionCache()
        for number in 1...3 {
            cache.insert(
                principal(number, epoch: 2), for: token(number), readAfter: try mark(cache, number), until: later, at: now)
        }
        cache.forget(SessionEnd(account: principal(1).account, survivingEpoch: 3, reason: .replaced))
        cache.forget(SessionEnd(account: principal(2).account, survivingEpoch: 2, reason: .replaced))
        #expect(!has(cache, 1))
        #expect(has(cache, 2))
        #expect(has(cache, 3))
    }

    @Test("All of them can be forgotten, and nothing that was read before that is taken in after it")
    func all() throws {
        let cache = MemorySessionCache()
        for number in 1...3 {
            cache.insert(principal(number), for: token(number), readAfter: try mark(cache, number), until: later, at: now)
        }
        let before = try mark(cache, 4)
        cache.forgetAll()
        cache.insert(principal(4), for: token(4), readAfter: before, until: later, at: now)
        for number in 1...4 { #expect(!has(cache, number)) }
        #expect(cache.count == 0)
        cache.insert(principal(1), for: token(1), readAfter: try mark(cache, 1), until: later, at: now)
        #expect(has(cache, 1))
    }

    @Test("What was read before an end is not taken in after it")
    func staleRead() throws {
        let cache = MemorySessionCache()
        let before = try mark(cache, 1)
        cache.forget(SessionEnd(account: principal(1).account, survivingEpoch: 2, reason: .replaced))
        cache.insert(principal(1, epoch: 1), for: token(1), readAfter: before, until: later, at: now)
        #expect(!has(cache, 1))
        cache.insert(principal(1, epoch: 2), for: token(1), readAfter: try mark(cache, 1), until: later, at: now)
        #expect(has(cache, 1))
    }

    @Test("A full cache gives up what was not asked for lately, and an account has one entry")
    func bound() throws {
        let cache = MemorySessionCache(capacity: 100)
        for number in 0..<100 {
            cache.insert(principal(number), for: token(number), readAfter: try mark(cache, number), until: later, at: now)
        }
        for number in 0..<50 { #expect(has(cache, number)) }
        for number in 100..<140 {
            cache.insert(principal(number), for: token(number), readAfter: try mark(cache, number), until: later, at: now)
        }
        #expect(cache.count == 100)
        #expect((0..<50).allSatisfy { has(cache, $0) })
        #expect((100..<140).allSatisfy { has(cache, $0) })

        cache.insert(principal(7), for: token(1007), readAfter: try mark(cache, 1007), until: later, at: now)
        #expect(!has(cache, 7))
        #expect(has(cache, 1007))
    }

    @Test("Emptied at any moment, it signs nobody out and lets no old token in")
    func emptied() async throws {
        let house = try await AuthHouse(cache: AmnesicCache())
        let account = try await house.add("asha@example.com")
        let old = try await house.session(of: account)
        #expect(try await house.send("session.show", as: old).status == 200)
        let new = try await house.session(of: account)
        #expect(try await house.send("session.show", as: new).status == 200)
        #expect(try await house.send("session.show", as: old).code == "session_replaced")
    }

    /// The race that the mark is there for: a session is read, ends, and only then reaches the cache.
    ///
    /// - Returns: what the dead token is answered afterwards.
    private func raceAgainstSlowRead(_ cache: any SessionCache) async throws -> String? {
        let house = try await AuthHouse(cache: cache)
        let account = try await house.add("asha@example.com")
        let old = try await house.session(of: account)
        let store = HeldStore(base: house.fixture.store)
        let slow = SessionAuthenticator(
            house.service, store: store, cache: cache, ends: house.fixture.sessions, clock: house.fixture.clock
        )
        // It asks the store, and gets no answer yet.
        async let first = slow.authenticate(token: old, from: "192.0.2.1")
        try await withDeadline(10, "the read") { await store.hasRead.value() }
        _ = try await house.session(of: account)
        store.goesOn.open()
        // It asked before the new sign-in was answered: either answer is right.
        _ = try? await first
        return try await house.send("session.show", as: old).code
    }

    @Test("A session that ends while it is read doesn't come back to life")
    func guarded() async throws {
        #expect(try await raceAgainstSlowRead(MemorySessionCache()) == "session_replaced")
    }

    @Test("Control: without the mark it would")
    func unguarded() async throws {
        #expect(try await raceAgainstSlowRead(MarklessCache()) == nil)
    }
}

/// A cache that has always just been emptied.
private struct AmnesicCache: SessionCache {
    func lookup(_ token: Digest256, at now: Timestamp) -> SessionLookup {
        MemorySessionCache().lookup(token, at: now)
    }
    func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) {}
    func forget(_ token: Digest256, of account: AccountID) {}
    func forget(_ end: SessionEnd) {}
}

/// A cache that takes everything in, however old it is.
private struct MarklessCache: SessionCache {
    private let cache = MemorySessionCache()

    func lookup(_ token: Digest256, at now: Timestamp) -> SessionLookup { cache.lookup(token, at: now) }
    func insert(
        _ principal: Principal, for token: Digest256, readAfter mark: SessionReadMark, until limit: Timestamp,
        at now: Timestamp
    ) {
        cache.insert(principal, for: token, readAfter: SessionReadMark(value: .max), until: limit, at: now)
    }
    func forget(_ token: Digest256, of account: AccountID) { cache.forget(token, of: account) }
    func forget(_ end: SessionEnd) { cache.forget(end) }
}

/// The real store, but a read's answer is held back until it may go on.
private struct HeldStore: CommandStore {
    typealias Snapshot = SuiteSnapshot
    typealias Transaction = SuiteTransaction

    let base: SuiteStore
    let hasRead = Gate()
    let goesOn = Gate()

    func read<Value: Sendable>(_ body: @escaping @Sendable (SuiteSnapshot) throws -> Value) async throws -> Value {
        let value = try await base.read(body)
        hasRead.open()
        await goesOn.value()
        return value
    }

    func transact<Value: Sendable>(_ unit: TransactionUnit<SuiteTransaction, Value>) async throws -> Value {
        try await base.transact(unit)
    }
}

/// Opens once, for everybody who waits.
private struct Gate: Sendable {
    private let stream = AsyncStream.makeStream(of: Void.self)

    func open() { stream.continuation.finish() }
    func value() async { for await _ in stream.stream {} }
}
