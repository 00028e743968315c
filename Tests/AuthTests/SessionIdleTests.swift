import CommandBus
import Cryptography
import Foundation
import Storage
import Support
import Synchronization
import Testing

@testable import Auth

@Suite("Sessions that nobody uses")
struct SessionIdleTests {
    private let email = "staff@example.com"

    private func staff(_ house: AuthHouse) async throws -> String {
        try await house.session(of: try await house.add(email, role: .developer))
    }

    private func code(_ token: String, _ house: AuthHouse) async throws -> String? {
        try await house.send("session.show", as: token).code
    }

    private func idleUntil(_ house: AuthHouse) async throws -> Timestamp? {
        guard case .integer(let time) = try await house.fixture.kept.row(of: "sessions")["idle_until"] else { return nil }
        return Timestamp(milliseconds: time)
    }

    @Test("A session of staff is over half an hour after its last use, to the second")
    func unused() async throws {
        for (pause, expected) in [(1799, nil), (1800, "session_expired")] as [(Int, String?)] {
            let house = try await AuthHouse()
            let token = try await staff(house)
            house.fixture.clock.advance(seconds: pause)
            #expect(try await code(token, house) == expected)
        }
    }

    @Test("Each use puts the end off, whether or not it was found in the cache")
    func used() async throws {
        let house = try await AuthHouse()
        let token = try await staff(house)
        for pause in [1, 50, 200, 1700, 1799, 30, 1700, 1799] {
            house.fixture.clock.advance(seconds: pause)
            #expect(try await code(token, house) == nil, "after \(pause) s")
        }
        house.fixture.clock.advance(seconds: 1800)
        #expect(try await code(token, house) == "session_expired")
    }

    @Test("A use is written once a minute at most, and a rider's never")
    func writes() async throws {
        let house = try await AuthHouse()
        let token = try await staff(house)
        let start = house.fixture.clock.now()
        for (second, written) in [(1, 0), (59, 0), (60, 60), (61, 60), (119, 60), (120, 120), (500, 500)] {
            house.fixture.clock.set(start.adding(seconds: second))
            #expect(try await code(token, house) == nil)
            #expect(try await idleUntil(house) == start.adding(seconds: written + 1800), "at \(second) s")
        }
        let other = try await AuthHouse()
        let rider = try await other.session(of: try await other.add("asha@example.com"))
        other.fixture.clock.advance(seconds: 29 * 24 * 3600)
        #expect(try await code(rider, other) == nil)
        #expect(try await idleUntil(other) == nil)
    }

    @Test("Many uses at once after a minute write once")
    func together() async throws {
        let house = try await AuthHouse()
        let token = try await staff(house)
        house.fixture.clock.advance(seconds: 61)
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<30 { group.addTask { try await house.send("session.show", as: token).status } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 30))
        #expect(try await idleUntil(house) == house.fixture.clock.now().adding(seconds: 1800))
    }

    @Test("A cache neither keeps an idle session alive nor ends one that was used elsewhere")
    func cached() async throws {
        let house = try await AuthHouse()
        // Another instance with a cache of its own, in which an entry stays for long.
        let other = SessionAuthenticator(
            house.service, store: house.fixture.store, cache: MemorySessionCache(lifetime: 24 * 3600),
            ends: SessionEnds(), clock: house.fixture.clock
        )
        let token = try await staff(house)
        _ = try await other.authenticate(token: token, from: "192.0.2.1")
        // Used here, and not there, for longer than it may go unused.
        for _ in 0..<3 {
            house.fixture.clock.advance(seconds: 1000)
            #expect(try await code(token, house) == nil)
        }
        _ = try await other.authenticate(token: token, from: "192.0.2.1")
        house.fixture.clock.advance(seconds: 1800)
        await #expect(throws: Problem.sessionExpired) {
            _ = try await other.authenticate(token: token, from: "192.0.2.1")
        }
    }

    @Test("A feed that is opened again and again is no use of a session", arguments: [TokenUse.feed, .command])
    func feeds(use: TokenUse) async throws {
        let house = try await AuthHouse()
        let token = try await staff(house)
        for _ in 0..<4 {
            house.fixture.clock.advance(seconds: 360)
            _ = try await house.authenticator.authenticate(token: token, from: "192.0.2.1", use: use)
        }
        house.fixture.clock.advance(seconds: 360)
        #expect(try await code(token, house) == (use == .feed ? "session_expired" : nil))
    }

    @Test("A refresh begins the time anew, and a session that is over can't be refreshed")
    func refresh() async throws {
        let house = try await AuthHouse()
        let old = try await staff(house)
        house.fixture.clock.advance(seconds: 1799)
        let view = try await house.send("session.refresh", as: old).output(SessionView.self)
        #expect(view.idleSeconds == 1800)
        let new = try #require(view.token)
        house.fixture.clock.advance(seconds: 1799)
        #expect(try await code(new, house) == nil)
        house.fixture.clock.advance(seconds: 1800)
        #expect(try await house.send("session.refresh", as: new).code == "session_expired")
    }

    @Test("After a clock was set back, an idle session lives no longer than it may by that clock")
    func clockSetBack() async throws {
        let house = try await AuthHouse()
        let token = try await staff(house)
        house.fixture.clock.advance(seconds: -3600)
        #expect(try await code(token, house) == nil)
        house.fixture.clock.advance(seconds: 1800)
        #expect(try await code(token, house) == "session_expired")
    }

    @Test("Where the use can't be written, the request goes on; the session lives by what was written before")
    func unwritten() async throws {
        let house = try await AuthHouse()
        let token = try await staff(house)
        let store = ReadOnlyStore(base: house.fixture.store)
        let authenticator = SessionAuthenticator(
            house.service, store: store, cache: MemorySessionCache(), ends: SessionEnds(), clock: house.fixture.clock
        )
        for _ in 0..<2 {
            house.fixture.clock.advance(seconds: 600)
            for _ in 0..<5 { _ = try await authenticator.authenticate(token: token, from: "192.0.2.1") }
        }
        #expect(store.attempts == 2, "it is not tried with each request")
        store.isWritable = true
        house.fixture.clock.advance(seconds: 5)
        _ = try await authenticator.authenticate(token: token, from: "192.0.2.1")
        #expect(try await idleUntil(house) == house.fixture.clock.now().adding(seconds: 1800))
        store.isWritable = false
        house.fixture.clock.advance(seconds: 1800)
        await #expect(throws: Problem.sessionExpired) {
            _ = try await authenticator.authenticate(token: token, from: "192.0.2.1")
        }
    }

    @Test("A sweep ends what was opened for staff whose session is over, and leaves all others")
    func sweep() async throws {
        let house = try await AuthHouse()
        let ends = SessionEnds()
        let recheck = SessionRecheck(store: house.fixture.store, ends: ends)
        let notes = Mutex<[String: SessionEnd.Reason]>([:])
        func watch(_ name: String, _ token: String) async throws {
            let principal = try await house.authenticator.authenticate(token: token, from: "192.0.2.1")
            _ = ends.watch(principal) { end in notes.withLock { $0[name] = end.reason } }
        }
        let idle = try await staff(house)
        let busy = try await house.session(of: try await house.add("busy@example.com", role: .conductor))
        let rider = try await house.session(of: try await house.add("asha@example.com"))
        for (name, token) in [("idle", idle), ("busy", busy), ("rider", rider)] { try await watch(name, token) }
        house.fixture.clock.advance(seconds: 1700)
        #expect(try await code(busy, house) == nil)
        try await recheck.endThoseOver(at: house.fixture.clock.now())
        #expect(notes.withLock { $0 }.isEmpty)
        house.fixture.clock.advance(seconds: 100)
        // Nobody asks, and so nobody is told otherwise.
        try await recheck.endThoseOver(at: house.fixture.clock.now())
        #expect(notes.withLock { $0 } == ["idle": .expired])
        house.fixture.clock.advance(seconds: 12 * 3600)
        try await recheck.endThoseOver(at: house.fixture.clock.now())
        #expect(notes.withLock { $0 } == ["idle": .expired, "busy": .expired])
    }
}

/// The real store, but one that may take nothing.
private final class ReadOnlyStore: CommandStore {
    typealias Snapshot = SuiteSnapshot
    typealias Transaction = SuiteTransaction

    private let base: SuiteStore
    private let state = Mutex((isWritable: false, attempts: 0))

    init(base: SuiteStore) {
        self.base = base
    }

    var attempts: Int { state.withLock { $0.attempts } }
    var isWritable: Bool {
        get { state.withLock { $0.isWritable } }
        set { state.withLock { $0.isWritable = newValue } }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (SuiteSnapshot) throws -> Value) async throws -> Value {
        try await base.read(body)
    }

    func transact<Value: Sendable>(_ unit: TransactionUnit<SuiteTransaction, Value>) async throws -> Value {
        let isWritable = state.withLock { state in
            state.attempts += 1
            return state.isWritable
        }
        guard isWritable else { throw Problem.storeUnavailable }
        return try await base.transact(unit)
    }
}
