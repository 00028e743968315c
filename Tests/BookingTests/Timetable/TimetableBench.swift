import CommandBus
import Foundation
import Storage
import Support
import Testing

@testable import Booking

/// A timetable in a real store of its own, with a clock that is set by hand.
final class TimetableBench: Sendable {
    let store: SuiteStore
    let hub = FeedHub(epoch: "test")
    let clock: TestClock
    let zone: TimeZone
    private let random = SeededRandom(seed: 1)
    private let folder: TemporaryFolder
    private let place: StorePlace
    private let runner: WorkRunner<SuiteStore>

    /// - Parameter now: the clock's first instant.
    init(now: String = "2026-11-24T12:00:00+05:30") async throws {
        folder = try TemporaryFolder("timetable")
        place = try await StorePlace(file: folder.file("farebus.db").path, "timetable")
        store = try await place.open()
        zone = try #require(TimeZone(identifier: "Asia/Kolkata"))
        clock = TestClock(try #require(Timestamp(now)))
        runner = WorkRunner(store: store, publisher: WorkPublisher(feeds: hub, sessions: SessionEnds()))
    }

    deinit {
        place.finish([store], in: folder)
    }

    var context: CommandContext { .system("test", now: clock.now(), random: random) }

    /// Changes that the feeds were told of so far.
    var announced: UInt64 { hub.position.sequence }

    func options(capacity: Int = 40, fare: Int64 = 2000, shiftTo: String? = nil) throws -> TimetableImportOptions {
        TimetableImportOptions(
            capacity: try SeatCapacity(refining: capacity),
            fare: Money(amount: fare, currency: CurrencyCode(trusted: "INR")), zone: zone,
            shiftTo: shiftTo.flatMap { CivilDate($0) }
        )
    }

    @discardableResult
    func take(_ feed: GTFSFeed, _ options: TimetableImportOptions? = nil) async throws -> ImportReport {
        let options = try options ?? self.options()
        return try await run { work in
            try TimetableImport.run(feed, options, in: work, announcing: SeatsFeed.change(for:))
        }
    }

    @discardableResult
    func roll(days: Int = 3) async throws -> TimetableRoller.Summary {
        let roller = TimetableRoller(horizonDays: days, zone: zone, announce: SeatsFeed.change(for:))
        return try await roller.roll(on: runner, context: context)
    }

    func run<Value: Sendable>(
        _ body: @escaping @Sendable (Work<SuiteTransaction>) throws -> Value
    ) async throws -> Value {
        try await runner.run(context, body)
    }

    /// All departures, as `bus date time state available/capacity fare`.
    func departures() async throws -> [String] {
        try await store.read { snapshot in
            try snapshot.departures(DepartureQuery(limit: 10_000)).map { departure in
                "\(departure.bus) \(departure.serviceDate) \(departure.departsAt) \(departure.state) "
                    + "\(departure.seats.available)/\(departure.seats.capacity) \(departure.fare.amount)"
            }
        }
    }

    func sellSeat(_ bus: String, _ date: String) async throws {
        let departure = DepartureID.of(BusID(trusted: bus), on: try #require(CivilDate(date)))
        try await run { work in _ = try work.tx.takeSeat(on: departure, at: work.context.now) }
    }
}
