import Auth
import Booking
import CommandBus
import Cryptography
import Foundation
import Support
import Testing
import Wallet

@testable import Gateway

/// Everything of one's own as JSON, and nothing of anybody else.
@Suite(.serialized)
struct ExportTests {
    @Test(.timeLimit(.minutes(2)))
    func riderGetsAllOfTheirs() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let (rider, other) = (AccountScene.email(1), AccountScene.email(2))
            let departures = try await scene.departures(3)
            for (index, departure) in departures.enumerated() {
                #expect(try await scene.book(departure, as: rider, key: "b\(index)").status == 201)
            }
            #expect(try await scene.book(departures[0], as: other).status == 201)
            let account = try await scene.account(rider)
            try await scene.work { work in
                try work.tx.put(
                    RememberedDevice(
                        id: DeviceID(trusted: "dev_one"), account: account.id, secret: SHA256.digest([1]), previous: nil,
                        firstUsedAt: work.context.now, lastUsedAt: work.context.now
                    )
                )
            }
            let reply = try await scene.send("account.export", as: rider)
            let export = try reply.output(ExportAccount.Output.self)
            #expect(export.account.id == account.id)
            #expect(export.account.email.raw == rider)
            #expect(export.devices.map(\.id.raw) == ["dev_one"])
            #expect(export.sessions.count == 1 && export.sessions[0].ending == nil)
            #expect(export.authenticator == nil)
            #expect(export.bookings.count == 3)
            #expect(export.bookings.allSatisfy { $0.rider == account.id })
            #expect(export.wallet?.transactions.count == 4, "the welcome credit and three fares")
            #expect(export.wallet?.transactions.first?.balanceAfter == export.wallet?.balance)
            #expect(Set(export.events.map(\.kind)) == ["session.opened", "account.created"])
            let created = export.events.first { $0.kind == "account.created" }
            #expect(created?.data == ["role": .string("rider")])
            // Nothing that signs anybody in, and nothing of others.
            for secret in [
                "argon2", "secret", "token", "passwordHash", try scene.token(rider), try await scene.account(other).id.raw,
            ] {
                #expect(!reply.text.contains(secret), "\(secret.prefix(12))")
            }
        }
    }

    /// More than one page of each list.
    @Test(.timeLimit(.minutes(2)))
    func longListsAreWhole() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let rider = AccountScene.email(1)
            let account = try await scene.account(rider)
            let ledger = gateway.core.ledger
            try await scene.work { work in
                for number in 0..<450 {
                    _ = try ledger.move(
                        Money(amount: 1, currency: ledger.currency), from: .wallet(account.id), to: .grants, kind: .closing,
                        reference: "\(number)", in: work
                    )
                    try work.record("test.happened", subject: account.id.raw, ["number": number])
                }
            }
            let export = try await scene.send("account.export", as: rider).output(ExportAccount.Output.self)
            let transactions = try #require(export.wallet?.transactions)
            #expect(transactions.count == 451)
            #expect(Set(transactions.map(\.id)).count == 451)
            #expect(export.events.filter { $0.kind == "test.happened" }.count == 450)
            #expect(Set(export.events.map(\.id)).count == export.events.count)
            #expect(export.truncated.isEmpty)
        }
    }

    /// What staff have done to the account, and why; but not who of them it was.
    @Test(.timeLimit(.minutes(2)))
    func deedsOfStaffAreAmongIt() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let (rider, developer) = (AccountScene.email(1), "developer@demo.test")
            let account = try await scene.account(rider)
            for command in ["riders.suspend", "riders.reinstate"] {
                gateway.clock.advance(seconds: 1)
                let input = ["id": account.id.raw, "reason": "A reason for \(command)"]
                #expect(try await scene.send(command, input, as: developer, key: command).status == 200)
            }
            let reply = try await gateway.core.bus.send("account.export", as: try await token(of: account, gateway))
            let export = try reply.output(ExportAccount.Output.self)
            #expect(export.audit.map(\.action) == ["riders.reinstate", "riders.suspend"])
            #expect(export.audit.map(\.reason) == ["A reason for riders.reinstate", "A reason for riders.suspend"])
            #expect(export.audit.map { $0.before?.value["state"] } == ["suspended", "active"])
            #expect(export.audit.map { $0.after?.value["state"] } == ["active", "suspended"])
            #expect(export.audit.first?.at == gateway.clock.now())
            #expect(export.events.first { $0.kind == "account.suspended" }?.actor == "other")
            #expect(!reply.text.contains(try await scene.account(developer).id.raw))
        }
    }

    /// More sessions and entries than any page holds.
    @Test(.timeLimit(.minutes(2)))
    func nothingIsCutOff() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let account = try await scene.account(AccountScene.email(1))
            try await scene.work { work in
                for number in 0..<450 {
                    try work.audit(
                        "test.do", subject: account.id.raw, reason: "\(number)", before: nil, after: ["number": number]
                    )
                }
            }
            let token = try await token(of: account, gateway, after: 250)
            let export = try await gateway.core.bus.send("account.export", as: token).output(ExportAccount.Output.self)
            #expect(Set(export.audit.map(\.reason)).count == 450)
            #expect(export.audit.count == 450)
            // That of the demo is the first.
            #expect(export.sessions.count == 252)
            #expect(Set(export.sessions.map(\.id)).count == 252)
            #expect(export.sessions.filter { $0.ending == nil }.count == 1)
        }
    }

    /// Who has made more than anybody has use for gets the newest, and is told so.
    @Test(.enabled(if: TestEngine.isSQLite, "it is about the command, and takes a minute elsewhere"))
    func whatIsFarTooMuchIsCutAndSaid() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let account = try await scene.account(AccountScene.email(1))
            for part in 0..<11 {
                try await scene.work { work in
                    for number in 0..<1000 {
                        try work.record("test.happened", subject: account.id.raw, ["number": part * 1000 + number])
                    }
                }
                gateway.clock.advance(seconds: 1)
            }
            let export = try await scene.send("account.export", as: AccountScene.email(1))
                .output(ExportAccount.Output.self)
            #expect(export.truncated == ["events"])
            #expect(export.events.count == 10_000)
            #expect(export.events.first?.data["number"].map { "\($0)".contains("10") } == true, "the newest")
        }
    }

    /// The token of a new sign-in, after others that it has ended.
    private func token(of account: Account, _ gateway: RunningGateway, after others: Int = 0) async throws -> String {
        let (sessions, clock, random) = (gateway.core.auth.sessions, gateway.clock, gateway.core.random)
        return try await gateway.core.runner.run(.system("test", now: clock.now(), random: random)) { work in
            for _ in 0..<others { _ = try sessions.open(for: account, in: work) }
            return try sessions.open(for: account, in: work).token.text
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func staffHaveNoWalletAndStrangersGetNothing() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let export = try await scene.send("account.export", as: "conductor@demo.test").output(ExportAccount.Output.self)
            #expect(export.wallet == nil)
            #expect(export.bookings.isEmpty)
            #expect(export.account.role == .conductor)
            #expect(try await gateway.core.bus.send("account.export").code == "not_signed_in")
        }
    }
}
