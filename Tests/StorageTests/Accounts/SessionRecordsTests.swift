import Auth
import CommandBus
import Storage
import Support
import Testing

@Suite("Sessions as the store keeps them")
struct SessionRecordsTests {
    private let fixture: StoreFixture
    private let account: Account

    init() async throws {
        fixture = try await StoreFixture("sessions")
        account = try await fixture.addAccount("one", role: .conductor)
    }

    private func session(_ name: String, epoch: Int = 1, issuedAt: Int64 = 0, idleUntil: Int64? = nil) -> StoredSession {
        StoredSession(
            token: digest(name), id: SessionID(trusted: "s_\(name)"), account: account.id, role: .conductor, epoch: epoch,
            issuedAt: at(issuedAt), expiresAt: at(issuedAt + 1000), idleUntil: idleUntil.map(at)
        )
    }

    private func add(_ sessions: StoredSession...) async throws {
        let account = account
        for session in sessions {
            try await fixture.work { work in
                try work.tx.endOpenSession(of: account.id, as: .replaced, at: session.issuedAt)
                try work.tx.insert(session)
            }
        }
    }

    @Test("The end by idleness is kept, and so is that there is none", arguments: [nil, 500] as [Int64?])
    func idleUntil(instant: Int64?) async throws {
        let session = session("one", idleUntil: instant)
        try await add(session)
        #expect(try await fixture.read { try $0.session(token: session.token) } == session)
    }

    @Test("The end by idleness is moved while the session is open, and never after its end")
    func extend() async throws {
        let session = session("one", idleUntil: 500)
        try await add(session)
        let account = account
        let (token, unknown) = (session.token, digest("unknown"))
        #expect(try await fixture.work { work in try work.tx.extendIdleTime(of: token, until: at(700)) })
        #expect(try await fixture.read { try $0.session(token: token)?.idleUntil } == at(700))
        #expect(try await fixture.work { work in try work.tx.extendIdleTime(of: token, until: at(700)) }, "to the same")
        #expect(try await fixture.work { work in try !work.tx.extendIdleTime(of: unknown, until: at(800)) })
        try await fixture.work { work in try work.tx.endOpenSession(of: account.id, as: .revoked, at: at(600)) }
        #expect(try await fixture.work { work in try !work.tx.extendIdleTime(of: token, until: at(900)) })
        let kept = try await fixture.read { try $0.session(token: token) }
        #expect(kept?.idleUntil == at(700) && kept?.ending == .revoked)
        #expect(try await fixture.kept.count(of: "sessions") == 1)
    }

    @Test("An extension beside an end does not open the session again")
    func extendBesideEnd() async throws {
        let (fixture, account) = (fixture, account)
        for round in 0..<20 {
            let session = session("round \(round)", issuedAt: Int64(round), idleUntil: 1)
            try await add(session)
            await withTaskGroup { group in
                group.addTask {
                    _ = try? await fixture.work { work in
                        try work.tx.extendIdleTime(of: session.token, until: at(Int64(round) + 100))
                    }
                }
                group.addTask {
                    _ = try? await fixture.work { work in
                        try work.tx.endOpenSession(of: account.id, as: .revoked, at: at(Int64(round)))
                    }
                }
            }
            #expect(try await fixture.read { try $0.session(token: session.token)?.ending } == .revoked)
            #expect(try await fixture.read { try $0.openSession(of: account.id) } == nil)
        }
    }

    @Test("The sessions of an account come the newest first, open or not, and no more than are asked for")
    func list() async throws {
        let other = try await fixture.addAccount("two")
        // Two of one instant: the newer epoch is the newer one, and of one epoch the open one.
        try await add(
            session("a", epoch: 1, issuedAt: 1), session("c", epoch: 3, issuedAt: 5), session("b", epoch: 2, issuedAt: 5),
            session("d", epoch: 3, issuedAt: 5)
        )
        let account = account
        func names(_ limit: Int) async throws -> [String] {
            try await fixture.read { try $0.sessions(of: account.id, limit: limit).map(\.id.raw) }
        }
        #expect(try await names(9) == ["s_d", "s_c", "s_b", "s_a"])
        #expect(try await names(2) == ["s_d", "s_c"])
        #expect(try await names(0) == [])
        #expect(try await fixture.read { try $0.sessions(of: other.id, limit: 9) } == [])
        let endings = try await fixture.read { try $0.sessions(of: account.id, limit: 9).map(\.ending) }
        #expect(endings == [nil, .replaced, .replaced, .replaced])
    }

    /// Adds a token of a session, and ends it unless it is to stay open.
    private func add(
        token: String, of session: String, issuedAt: Int64 = 0, endedAt: Int64? = nil,
        as ending: StoredSession.Ending = .refreshed
    ) async throws {
        let account = account
        try await fixture.work { work in
            try work.tx.insert(
                StoredSession(
                    token: digest(token), id: SessionID(trusted: session), account: account.id, role: .conductor, epoch: 1,
                    issuedAt: at(issuedAt), expiresAt: at(1000)
                )
            )
            if let endedAt { try work.tx.endOpenSession(of: account.id, as: ending, at: at(endedAt)) }
        }
    }

    @Test("A session is found by its name under its newest token, also after a clock was set back")
    func byID() async throws {
        try await add(token: "a", of: "s_one", issuedAt: 50, endedAt: 60)
        try await add(token: "b", of: "s_one", issuedAt: 10, endedAt: 20)
        try await add(token: "c", of: "s_one", issuedAt: 20)
        let (account, id) = (account, SessionID(trusted: "s_one"))
        let open = try await fixture.read { try $0.session(id: id) }
        #expect(open?.token == digest("c") && open?.ending == nil)
        try await fixture.work { work in try work.tx.endOpenSession(of: account.id, as: .closed, at: at(30)) }
        let ended = try await fixture.read { try $0.session(id: id) }
        #expect(ended?.token == digest("c") && ended?.ending == .closed)
        #expect(try await fixture.read { try $0.session(id: SessionID(trusted: "s_two")) } == nil)
    }

    @Test("The open sessions of many accounts are read together; whoever has none is left out")
    func openSessions() async throws {
        let ids = (0..<510).map { AccountID(trusted: "a_\($0)") }
        for start in stride(from: 0, to: ids.count, by: 51) {
            try await fixture.work { work in
                for number in start..<start + 51 {
                    try work.tx.insert(
                        Account(
                            id: ids[number], email: EmailAddress(trusted: "\(number)@example.com"), name: "",
                            rollNumber: nil, role: .rider, passwordHash: "none", createdAt: at(0)
                        )
                    )
                    try work.tx.insert(
                        StoredSession(
                            token: digest("\(number)"), id: SessionID(trusted: "s_\(number)"), account: ids[number],
                            role: .rider, epoch: 1, issuedAt: at(0), expiresAt: at(9)
                        )
                    )
                    guard number.isMultiple(of: 3) else { continue }
                    try work.tx.endOpenSession(of: ids[number], as: .closed, at: at(1))
                }
            }
        }
        let open = try await fixture.read { try $0.openSessions(of: ids + [AccountID(trusted: "a_none")]) }
        #expect(Set(open.keys) == Set(ids.indices.filter { !$0.isMultiple(of: 3) }.map { ids[$0] }))
        #expect(open.allSatisfy { $0.key == $0.value.account && $0.value.ending == nil })
        #expect(open[ids[508]]?.token == digest("508"))
        #expect(try await fixture.read { try $0.openSessions(of: []) }.isEmpty)
    }

    @Test("What ended is forgotten by when it ended, some at a time; what is open stays, and what others have")
    func forgetSessions() async throws {
        let (account, other) = (account, try await fixture.addAccount("two"))
        try await fixture.work { work in
            try work.tx.insert(
                StoredSession(
                    token: digest("two"), id: SessionID(trusted: "s_two"), account: other.id, role: .rider, epoch: 1,
                    issuedAt: at(0), expiresAt: at(9)
                )
            )
            try work.tx.endOpenSession(of: other.id, as: .closed, at: at(1))
        }
        let endings = StoredSession.Ending.allCases
        for number in 0..<39 {
            try await add(
                token: "\(number)", of: "s_\(number)", endedAt: Int64(number), as: endings[number % endings.count]
            )
        }
        try await add(token: "open", of: "s_open")
        var counts: [Int] = []
        for _ in 0..<3 {
            try await fixture.work { work in try work.tx.forgetSessions(of: account.id, endedBefore: at(35)) }
            counts.append(try await fixture.read { try $0.sessions(of: account.id, limit: 99) }.count)
        }
        #expect(counts == [40 - 32, 40 - 35, 40 - 35])
        let left = try await fixture.kept.rows(of: "sessions") { $0.text("account") == account.id.raw }
        let expected: Set<Int64?> = [35, 36, 37, 38, nil]
        #expect(Set(left.map { $0.integer("ended_at") }) == expected)
        #expect(try await fixture.read { try $0.sessions(of: other.id, limit: 9) }.count == 1)
    }

    @Test("Of the tokens that were refreshed the newest are kept, and other endings are not counted")
    func forgetRefreshed() async throws {
        let account = account
        for number in 0..<50 { try await add(token: "\(number)", of: "s_one", endedAt: Int64(number)) }
        try await add(token: "closed", of: "s_two", endedAt: 0, as: .closed)
        try await add(token: "open", of: "s_three")
        var counts: [Int] = []
        for _ in 0..<3 {
            try await fixture.work { work in try work.tx.forgetRefreshedSessions(of: account.id, butNewest: 10) }
            counts.append(try await fixture.kept.count(of: "sessions") { $0["ending"] == "refreshed" })
        }
        #expect(counts == [50 - 32, 10, 10])
        let left = try await fixture.kept.rows(of: "sessions") { $0["ending"] == "refreshed" }
        #expect(Set(left.compactMap { $0.integer("ended_at") }) == Set<Int64>(40..<50))
        #expect(try await fixture.kept.count(of: "sessions") == 12)
    }
}
