import Auth
import CommandBus
import Storage
import Support
import Testing

@Suite("Devices, authenticator apps and step-ups as the store keeps them")
struct FactorRecordsTests {
    private let fixture: StoreFixture
    private let one: Account
    private let two: Account

    init() async throws {
        fixture = try await StoreFixture("factors")
        one = try await fixture.addAccount("one", role: .developer)
        two = try await fixture.addAccount("two", role: .developer)
    }

    private func device(
        _ name: String, of account: Account, secret: String, previous: String? = nil, used: Int64
    ) -> RememberedDevice {
        RememberedDevice(
            id: DeviceID(trusted: "dev_\(name)"), account: account.id, secret: digest(secret),
            previous: previous.map(digest), firstUsedAt: at(1), lastUsedAt: at(used)
        )
    }

    @Test("Devices are kept whole, written anew, listed by their last use, and forgotten by name")
    func devices() async throws {
        let (one, two) = (one, two)
        let (a, b) = (device("a", of: one, secret: "1", used: 1), device("b", of: one, secret: "2", used: 5))
        // The same name at another account is another device.
        let other = device("a", of: two, secret: "3", previous: "0", used: 9)
        try await fixture.work { work in for device in [a, b, other] { try work.tx.put(device) } }
        #expect(try await fixture.read { try $0.devices(of: one.id) } == [b, a])
        #expect(try await fixture.read { try $0.devices(of: two.id) } == [other])

        let rotated = device("a", of: one, secret: "4", previous: "1", used: 7)
        try await fixture.work { work in try work.tx.put(rotated) }
        #expect(try await fixture.read { try $0.devices(of: one.id) } == [rotated, b])
        try await fixture.work { work in try work.tx.put(a) }
        #expect(try await fixture.read { try $0.devices(of: one.id) } == [b, a], "without a secret before, too")

        try await fixture.work { work in
            try work.tx.forget([], of: one.id)
            try work.tx.forget([a.id, DeviceID(trusted: "dev_none")], of: one.id)
        }
        #expect(try await fixture.read { try $0.devices(of: one.id) } == [b])
        #expect(try await fixture.read { try $0.devices(of: two.id) } == [other])
    }

    @Test("Of two that use one device's secret at once, one sees what the other has written")
    func deviceRace() async throws {
        let (fixture, one) = (fixture, one)
        let first = device("a", of: one, secret: "0", used: 0)
        try await fixture.work { work in try work.tx.put(first) }
        let taken = await withTaskGroup(of: Bool.self) { group in
            for number in 1...8 {
                group.addTask {
                    let isTaken = try? await fixture.work { work in
                        guard let kept = try work.tx.devices(of: one.id).first, kept.secret == digest("0") else {
                            return false
                        }
                        try work.tx.put(
                            RememberedDevice(
                                id: kept.id, account: one.id, secret: digest("\(number)"), previous: kept.secret,
                                firstUsedAt: kept.firstUsedAt, lastUsedAt: at(Int64(number))
                            )
                        )
                        return true
                    }
                    return isTaken ?? false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(taken == 1)
    }

    @Test("An authenticator app is kept whole, and written anew")
    func authenticator() async throws {
        let one = one
        #expect(try await fixture.read { try $0.authenticator(of: one.id) } == nil)
        let started = AuthenticatorApp(
            account: one.id, sealedSecret: Array(0...255), confirmedAt: nil, lastStep: -1, recoveryCodes: []
        )
        let confirmed = AuthenticatorApp(
            account: one.id, sealedSecret: [7], confirmedAt: at(5), lastStep: 59_000_000,
            recoveryCodes: (0..<10).map { digest("code \($0)") }
        )
        for app in [started, confirmed, started] {
            try await fixture.work { work in try work.tx.put(app) }
            #expect(try await fixture.read { try $0.authenticator(of: one.id) } == app)
        }
        #expect(try await fixture.kept.count(of: "authenticators") == 1)
        let two = two
        try await fixture.work { work in try work.tx.removeAuthenticator(of: two.id) }
        #expect(try await fixture.kept.count(of: "authenticators") == 1)
        try await fixture.work { work in try work.tx.removeAuthenticator(of: one.id) }
        #expect(try await fixture.read { try $0.authenticator(of: one.id) } == nil)
    }

    @Test("Recovery codes that are no whole digests are an unreadable row")
    func spoiledAuthenticator() async throws {
        let one = one
        try await fixture.work { work in
            try work.tx.put(
                AuthenticatorApp(
                    account: one.id, sealedSecret: [1], confirmedAt: nil, lastStep: 0, recoveryCodes: [digest("a")]
                )
            )
        }
        try await fixture.kept.change("authenticators") { row in
            guard case .blob(let codes) = row["recovery_codes"] else { return }
            row["recovery_codes"] = .blob(codes + [0])
        }
        await #expect(throws: (any Error).self) { try await fixture.read { try $0.authenticator(of: one.id) } }
    }

    @Test("A session has one step-up of a purpose, which is written anew and removed by itself")
    func stepUps() async throws {
        let (session, one) = (SessionID(trusted: "s_1"), one)
        @Sendable func stepUp(_ purpose: StepUpPurpose, _ session: String = "s_1", until: Int64) -> StepUp {
            StepUp(session: SessionID(trusted: session), purpose: purpose, account: one.id, expiresAt: at(until))
        }
        let kept = [
            stepUp(.emailChange, until: 5), stepUp(.staffChange, until: 6), stepUp(.emailChange, "s_2", until: 7),
        ]
        try await fixture.work { work in
            try work.tx.put(stepUp(.emailChange, until: 1))
            for stepUp in kept { try work.tx.put(stepUp) }
        }
        for stepUp in kept {
            #expect(try await fixture.read { try $0.stepUp(of: stepUp.session, for: stepUp.purpose) } == stepUp)
        }
        #expect(try await fixture.read { try $0.stepUp(of: session, for: .accountDeletion) } == nil)
        try await fixture.work { work in try work.tx.removeStepUp(of: session, for: .emailChange) }
        #expect(try await fixture.read { try $0.stepUp(of: session, for: .emailChange) } == nil)
        #expect(try await fixture.kept.count(of: "step_ups") == 2)
    }

    @Test("Of many that use one step-up at once, one gets it")
    func stepUpRace() async throws {
        let (fixture, one, session) = (fixture, one, SessionID(trusted: "s_1"))
        try await fixture.work { work in
            try work.tx.put(StepUp(session: session, purpose: .staffChange, account: one.id, expiresAt: at(1)))
        }
        let used = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let isUsed = try? await fixture.work { work in
                        guard try work.tx.stepUp(of: session, for: .staffChange) != nil else { return false }
                        try work.tx.removeStepUp(of: session, for: .staffChange)
                        return true
                    }
                    return isUsed ?? false
                }
            }
            return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
        }
        #expect(used == 1)
    }

    @Test("Step-ups that expired long ago are forgotten by and by, and no others")
    func forgetStepUps() async throws {
        let one = one
        try await fixture.work { work in
            for number in 0..<40 {
                let session = SessionID(trusted: "s_\(number)")
                let end = at(number < 30 ? Int64(number) : 10_000)
                try work.tx.put(StepUp(session: session, purpose: .staffChange, account: one.id, expiresAt: end))
            }
        }
        // On MongoDB each millisecond has its turn at some of them.
        for millisecond in 0..<16 as Range<Int64> {
            try await fixture.work { work in try work.tx.forgetStepUps(expiredBefore: at(1000 + millisecond)) }
        }
        #expect(try await fixture.kept.rows(of: "step_ups").allSatisfy { $0.integer("expires_at") == 10_000 })
        #expect(try await fixture.kept.count(of: "step_ups") == 10)
    }
}
