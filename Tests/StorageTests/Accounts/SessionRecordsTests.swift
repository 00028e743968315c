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
}
