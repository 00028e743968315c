import Auth
import Booking
import CommandBus
import Support
import Testing
import Wallet

@testable import Gateway

/// What staff are shown of a rider before they do something to the account.
@Suite(.serialized)
struct ShowRiderTests {
    private static let developer = "developer@demo.test"

    private func show(_ id: AccountID, _ scene: AccountScene) async throws -> ShowRider.Output {
        try await scene.send("riders.show", ["id": id.raw], as: Self.developer).output()
    }

    @Test(.timeLimit(.minutes(2)))
    func theMoneyTheRidesAndTheLastSignIn() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let rider = AccountScene.email(1)
            let account = try await scene.account(rider)
            let start = gateway.clock.now()
            for (index, departure) in try await scene.departures(2).enumerated() {
                #expect(try await scene.book(departure, as: rider, key: "b\(index)").status == 201)
            }
            // A token that is exchanged is no sign-in.
            gateway.clock.advance(seconds: 60)
            #expect(try await scene.send("session.refresh", as: rider).status == 200)
            let shown = try await show(account.id, scene)
            #expect(shown.id == account.id && shown.email == account.email && shown.rollNumber == account.rollNumber)
            #expect(shown.ridesToCome == 2)
            let balance = try await gateway.core.store.read { try $0.balance(of: .wallet(account.id)) }
            #expect(shown.balance == Money(amount: try #require(balance), currency: gateway.core.ledger.currency))
            #expect(shown.lastSignInAt == start)

            let (sessions, clock, random) = (gateway.core.auth.sessions, gateway.clock, gateway.core.random)
            try await gateway.core.runner.run(.system("test", now: clock.now(), random: random)) { work in
                _ = try sessions.open(for: account, in: work)
            }
            #expect(try await show(account.id, scene).lastSignInAt == start.adding(seconds: 60))
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func whoIsNewAndWhoIsGone() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let auth = gateway.core.auth
            let address = EmailAddress(trusted: "new@demo.test")
            try await scene.work { work in
                try auth.create(
                    Account(
                        id: AccountID(trusted: "a_new"), email: address, name: "New", rollNumber: "1", role: .rider,
                        passwordHash: "none", createdAt: work.context.now
                    ), in: work
                )
            }
            let new = try await show(AccountID(trusted: "a_new"), scene)
            #expect(new.lastSignInAt == nil && new.ridesToCome == 0 && new.balance.amount > 0)

            let gone = try await scene.account(AccountScene.email(2))
            try await scene.stepUp(.riderChange, as: Self.developer)
            let input = ["id": gone.id.raw, "reason": "A reason", "moneyTo": "operator"]
            #expect(try await scene.send("riders.delete", input, as: Self.developer, key: "d").status == 200)
            let closed = try await show(gone.id, scene)
            #expect(closed.state == .closed && closed.email == nil && closed.name == nil && closed.rollNumber == nil)
            #expect(closed.balance.amount == 0)
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func itIsForStaffAndAboutRiders() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let rider = try await scene.account(AccountScene.email(1)).id.raw
            for email in [AccountScene.email(2), "conductor@demo.test"] {
                #expect(try await scene.send("riders.show", ["id": rider], as: email).code == "not_allowed", "\(email)")
            }
            #expect(try await scene.send("riders.show", ["id": rider], as: "god@demo.test").status == 200)
            let god = try await scene.account("god@demo.test").id.raw
            for id in [god, "a_nobody"] {
                #expect(try await scene.send("riders.show", ["id": id], as: Self.developer).code == "not_found", "\(id)")
            }
        }
    }
}
