import Auth
import Booking
import CommandBus
import Cryptography
import Foundation
import Logging

/// The data of a demo: made once in an empty store, by one of the servers that share it, and gone on with after that.
enum Demo {
    /// Makes the data if there is none yet, and sees to it that every account has a session that works.
    ///
    /// - Parameter folder: where the sessions are written down for people; each server has them all.
    static func prepare<Store: FarebusStore>(
        _ core: Core<Store>, in folder: DataFolder, logger: Logger = Logger(label: "farebus.demo")
    ) async throws {
        let job = LeasedJob<Store>(
            "demo", every: .seconds(1), desk: core.leases, runner: core.runner, wallClock: core.clock,
            random: core.random, logger: logger
        )
        while try await !job.runOnce({ runner in try await prepare(core, on: runner) }) {
            // Another server is at it.
            try await Task.sleep(for: .milliseconds(200))
        }
        let tokens = try await core.store.read { try DemoMark.load(from: $0) }?.tokens ?? [:]
        try DataFolder.write(encoder.encode(tokens), to: folder.demoSessions)
    }

    private static func prepare<Store: FarebusStore>(_ core: Core<Store>, on runner: LeasedRunner<Store>) async throws {
        let context = CommandContext.system("demo", now: core.clock.now(), random: core.random)
        var mark = try await core.store.read { try DemoMark.load(from: $0) } ?? DemoMark()
        if !mark.isWhole {
            let start = mark
            try await runner.run(context) { work in try start.save(in: work.tx) }
            try await makeTimetable(core, on: runner, context)
            let accounts = try await DemoAccounts(hasher: core.hasher, context: context)
            try await accounts.create(
                of: core.configuration.demoRiders, with: core.auth, on: runner, context: context
            )
            mark.isWhole = true
        }
        try await renew(&mark, core, on: runner, context)
        let whole = mark
        try await runner.run(context) { work in try whole.save(in: work.tx) }
    }

    private static func makeTimetable<Store: FarebusStore>(
        _ core: Core<Store>, on runner: LeasedRunner<Store>, _ context: CommandContext
    ) async throws {
        let zone = core.configuration.operator.timeZone
        let demo = DemoFeed(start: CivilDate(context.now, in: zone), zone: zone)
        let (feed, options) = (try GTFSFeed.read(demo.files()), try demo.options())
        try await runner.run(context) { work in
            _ = try TimetableImport.run(feed, options, in: work, announcing: SeatsFeed.change(for:))
            try shrinkNightBuses(in: work)
        }
    }

    /// Signs in all accounts whose session does not work, or that have none yet.
    private static func renew<Store: FarebusStore>(
        _ mark: inout DemoMark, _ core: Core<Store>, on runner: LeasedRunner<Store>, _ context: CommandContext
    ) async throws {
        let (tokens, now, riders) = (mark.tokens, context.now, core.configuration.demoRiders)
        let due = try await core.store.read { snapshot in
            try DemoAccounts.addresses(riders).filter { email in
                guard let digest = tokens[email.raw].flatMap(SecretToken.digest(ofShown:)),
                    let session = try snapshot.session(token: digest)
                else { return true }
                return session.ending != nil || session.isOver(at: now)
            }
        }
        for part in DemoAccounts.parts(of: due) {
            let opened = try await runner.run(context) { work in
                try part.map { email -> (String, String)? in
                    guard let account = try work.tx.account(email: email) else { return nil }
                    return (email.raw, try core.auth.sessions.open(for: account, in: work).token.text)
                }
            }
            for (email, token) in opened.compactMap(\.self) { mark.tokens[email] = token }
        }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        return encoder
    }
}

/// The night's buses are small ones, so that a demo also has departures that sell out.
private func shrinkNightBuses<Tx: TimetableRecords>(in work: Work<Tx>) throws {
    for bus in try work.tx.buses(after: nil, limit: 1000) where bus.route.raw == "night" {
        try work.tx.put(
            Bus(
                id: bus.id, route: bus.route, direction: bus.direction, headsign: bus.headsign, calls: bus.calls,
                service: bus.service, capacity: 10, fare: bus.fare, zone: bus.zone, origin: bus.origin
            )
        )
    }
}
