import Auth
import Booking
import CommandBus
import Cryptography
import Foundation

/// The data of a demo: made once in an empty folder, and gone on with after that.
enum Demo {
    /// Makes the data if there is none yet, and sees to it that every account has a session that works.
    static func prepare<Store: FarebusStore>(_ core: Core<Store>, in folder: DataFolder) async throws {
        let isMade = try await core.store.read { snapshot in try snapshot.setting(DemoMark.setting) != nil }
        let tokens = isMade ? try await renewed(sessions(in: folder), core) : try await make(core)
        try DataFolder.write(encoder.encode(tokens), to: folder.demoSessions)
        if !isMade {
            // Last, so that a demo that was cut off while it was made is not taken for a whole one.
            let context = CommandContext.system("demo", now: core.clock.now(), random: core.random)
            try await core.runner.run(context) { work in
                try work.tx.set(DemoMark.setting, WireJSON.encode(context.now))
            }
        }
    }

    /// - Returns: a session token for each account.
    private static func make<Store: FarebusStore>(_ core: Core<Store>) async throws -> [String: String] {
        let context = CommandContext.system("demo", now: core.clock.now(), random: core.random)
        let zone = core.configuration.operator.timeZone
        let demo = DemoFeed(start: CivilDate(context.now, in: zone), zone: zone)
        let (feed, options) = (try GTFSFeed.read(demo.files()), try demo.options())
        try await core.runner.run(context) { work in
            _ = try TimetableImport.run(feed, options, in: work, announcing: SeatsFeed.change(for:))
            try shrinkNightBuses(in: work)
        }
        return try await DemoAccounts.create(
            with: core.auth, runner: core.runner, hasher: core.hasher, context: context
        )
    }

    private static func sessions(in folder: DataFolder) throws -> [String: String] {
        guard let data = FileManager.default.contents(atPath: folder.demoSessions) else { return [:] }
        return try JSONDecoder().decode([String: String].self, from: data)
    }

    /// The same tokens, but for those that no longer work: these accounts are signed in anew.
    private static func renewed<Store: FarebusStore>(
        _ tokens: [String: String], _ core: Core<Store>
    ) async throws -> [String: String] {
        var tokens = tokens
        for email in DemoAccounts.addresses {
            if let token = tokens[email.raw], (try? await core.bus.authenticate(token: token)) != nil { continue }
            let context = CommandContext.system("demo", now: core.clock.now(), random: core.random)
            tokens[email.raw] = try await core.runner.run(context) { work in
                guard let account = try work.tx.account(email: email) else { return nil }
                return try core.auth.sessions.open(for: account, in: work).token.text
            }
        }
        return tokens
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
