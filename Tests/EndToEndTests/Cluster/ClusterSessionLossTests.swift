import Foundation
import Support
import Synchronization
import Testing

extension EndToEnd.OnCluster {
    @Test("Redis is emptied in the middle of requests and sign-ins: nobody is signed out, no old token is let in")
    func flushedUnderLoad() async throws {
        let cluster = try Cluster.current
        let traveller = try await Traveller.arrived("flushed@example.test", at: cluster)
        let riders = try (51...58).map { try cluster.demo(.a).rider($0) }
        let board = TallyBoard()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for instance in Cluster.Instance.allCases {
                for token in riders {
                    let door = RESTDoor(server: try cluster[instance], token: token)
                    group.addTask {
                        while board.goesOn { board.note(live: try await door.persist(.session)) }
                    }
                }
                group.addTask {
                    var round = 0
                    while board.goesOn {
                        round += 1
                        try await traveller.ask(at: instance, isOld: round.isMultiple(of: 4), board)
                    }
                }
            }
            group.addTask {
                while board.goesOn { try await traveller.signInAnew(board) }
            }
            group.addTask {
                while board.goesOn {
                    let hadSession = try await traveller.isCached()
                    try await cluster.redis.flush()
                    board.noteFlush(hadSession: hadSession)
                    let next = board.seen.requests + 50
                    // The next one comes when the cache has been filled and used again.
                    try await wait(atMost: 30, for: "fifty more answers") { board.seen.requests >= next || !board.goesOn }
                }
            }
            // The first that fails ends the others.
            for try await _ in group {}
        }
        let seen = board.seen
        #expect(seen.signedOut == [])
        #expect(seen.oldLetIn == [])
        // There was something to lose, and there were tokens that could have been let in.
        #expect(seen.flushesOfSession > 0)
        #expect(seen.signInsOverCached > 0)
    }

    /// What makes the test above one: had an end left its entry behind, all instances would let the old token in.
    @Test("Control: a session that Redis has is believed in, also when it has ended")
    func believed() async throws {
        let cluster = try Cluster.current
        let traveller = try await Traveller.arrived("believed@example.test", at: cluster)
        let old = traveller.live
        #expect(try await cluster.code(of: old, at: .c) == nil)
        try await cluster.redis.setAside(traveller.account)
        let board = TallyBoard()
        try await traveller.signInAnew(board)
        #expect(board.seen.oldLetIn == [])
        try await cluster.redis.putBack(traveller.account)
        for instance in Cluster.Instance.allCases { #expect(try await cluster.code(of: old, at: instance) == nil) }
        try await cluster.redis.flush()
        for instance in Cluster.Instance.allCases {
            #expect(try await cluster.code(of: old, at: instance) == "session_replaced", "at \(instance)")
        }
        #expect(try await cluster.code(of: traveller.live, at: .a) == nil)
    }
}

/// What was seen while the sessions in Redis were lost over and over.
private struct Tally: Sendable {
    var requests = 0
    /// What live tokens were refused with.
    var signedOut: [String] = []
    /// What tokens were answered that a newer one had taken the place of, if they were not told that.
    var oldLetIn: [String] = []
    var signIns = 0
    /// Those at whose beginning Redis had the session that they ended.
    var signInsOverCached = 0
    var flushes = 0
    /// Those that took the traveller's session away.
    var flushesOfSession = 0
}

private final class TallyBoard: Sendable {
    private let state = Mutex(Tally())

    var seen: Tally { state.withLock { $0 } }

    /// Whether there is more to be seen, and nothing has failed.
    var goesOn: Bool {
        let seen = seen
        return !Task.isCancelled && (seen.requests < 4000 || seen.signIns < 20 || seen.flushes < 10)
    }

    /// - Parameter mayBeOver: whether the session was replaced while it asked, so that either answer is right.
    func note(live answer: Answer, mayBeOver: Bool = false) {
        let isRight = answer.status == 200 || (mayBeOver && answer.code == "session_replaced")
        state.withLock { tally in
            tally.requests += 1
            if !isRight { tally.signedOut.append(answer.code ?? "\(answer.status)") }
        }
    }

    func note(old answer: Answer) {
        let isRight = answer.status == 401 && answer.code == "session_replaced"
        state.withLock { tally in
            tally.requests += 1
            if !isRight { tally.oldLetIn.append(answer.code ?? "\(answer.status)") }
        }
    }

    func noteSignIn(overCached: Bool) {
        state.withLock { tally in
            tally.signIns += 1
            if overCached { tally.signInsOverCached += 1 }
        }
    }

    func noteFlush(hadSession: Bool) {
        state.withLock { tally in
            tally.flushes += 1
            if hadSession { tally.flushesOfSession += 1 }
        }
    }
}

/// Somebody who signs in over and over, each time at the next instance.
private final class Traveller: Sendable {
    private struct Tokens: Sendable {
        var live: String
        /// The one before it.
        var old: String?
        /// While a sign-in is under way, either answer to the live one is right.
        var isChanging = false
        var changes = 0
    }

    let account: String
    private let person: Person
    private let cluster: Cluster
    private let tokens: Mutex<Tokens>

    private init(_ person: Person, _ account: String, _ token: String, _ cluster: Cluster) {
        self.account = account
        self.person = person
        self.cluster = cluster
        tokens = Mutex(Tokens(live: token))
    }

    static func arrived(_ email: String, at cluster: Cluster) async throws -> Traveller {
        let person = try await Person.registered(email, at: cluster)
        // The device is known from here on, so that signing in needs no letter.
        let token = try await person.signIn(at: .a)
        let session = try await RESTDoor(server: try cluster[.a], token: token).persist(.session)
        return Traveller(person, try #require(session.json["account"].string), token, cluster)
    }

    var live: String { tokens.withLock { $0.live } }

    /// Whether Redis has a session of the account.
    func isCached() async throws -> Bool { try await cluster.redis.has(RedisServer.cachedSession(of: account)) }

    /// Uses the session at an instance; or shows the token from before it.
    func ask(at instance: Cluster.Instance, isOld: Bool, _ board: TallyBoard) async throws {
        let before = tokens.withLock { $0 }
        if isOld, let old = before.old { return board.note(old: try await show(old, at: instance)) }
        let answer = try await show(before.live, at: instance)
        let after = tokens.withLock { $0 }
        board.note(live: answer, mayBeOver: before.isChanging || after.isChanging || before.changes != after.changes)
    }

    /// Signs in with a session that all instances have just found good, and shows the old token to all of them as soon as
    /// the sign-in is answered.
    func signInAnew(_ board: TallyBoard) async throws {
        let before = tokens.withLock { $0 }
        for instance in Cluster.Instance.allCases { board.note(live: try await show(before.live, at: instance)) }
        let isOverCached = try await isCached()
        tokens.withLock { $0.isChanging = true }
        let instance = Cluster.Instance.allCases[(before.changes + 1) % Cluster.Instance.allCases.count]
        let next = Tokens(live: try await person.signIn(at: instance), old: before.live, changes: before.changes + 1)
        tokens.withLock { $0 = next }
        for instance in Cluster.Instance.allCases { board.note(old: try await show(before.live, at: instance)) }
        board.noteSignIn(overCached: isOverCached)
    }

    private func show(_ token: String, at instance: Cluster.Instance) async throws -> Answer {
        try await RESTDoor(server: try cluster[instance], token: token).persist(.session)
    }
}

extension RedisServer {
    /// Where it stands which session of an account is cached (`EPOCH DIGEST`). The session itself, at
    /// `farebus:session:DIGEST`, is written and deleted together with that.
    fileprivate static func cachedSession(of account: String) -> String { "farebus:account:\(account)" }

    /// Copies the session of an account to where nobody looks for it.
    fileprivate func setAside(_ account: String) async throws {
        let script = """
            local current = redis.call('GET', KEYS[1])
            local entry = redis.call('GET', 'farebus:session:' .. string.match(current, '%S+$'))
            return redis.call('MSET', 'aside:account', current, 'aside:session', entry)
            """
        try await say("EVAL", script, "1", Self.cachedSession(of: account))
    }

    /// Puts it back, for as long as an entry lives.
    fileprivate func putBack(_ account: String) async throws {
        let script = """
            local current, entry = redis.call('GET', 'aside:account'), redis.call('GET', 'aside:session')
            redis.call('SET', KEYS[1], current, 'PX', 5000)
            return redis.call('SET', 'farebus:session:' .. string.match(current, '%S+$'), entry, 'PX', 5000)
            """
        try await say("EVAL", script, "1", Self.cachedSession(of: account))
    }
}
