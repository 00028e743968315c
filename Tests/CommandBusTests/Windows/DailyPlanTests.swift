import CommandBus
import Foundation
import Support
import Testing

@Suite("The service windows of a day")
struct DailyPlanTests {
    /// The plan of the product: queueing 10:00 to 13:00, processing until 13:30, ticketing until 22:00.
    private static let times = DailyPlan.Times(
        queueingFrom: 600, queueingUntil: 780, ticketingFrom: 810, ticketingUntil: 1320)

    private static func zone(_ name: String) throws -> TimeZone { try #require(TimeZone(identifier: name)) }

    @Test(
        "What is open when",
        arguments: [
            ("00:00:00", ServiceWindow.waiting), ("09:59:59", .waiting), ("10:00:00", .queueing), ("12:59:59", .queueing),
            ("13:00:00", .processing), ("13:29:59", .processing), ("13:30:00", .ticketing), ("21:59:59", .ticketing),
            ("22:00:00", .waiting), ("23:59:59", .waiting),
        ])
    func open(time: String, window: ServiceWindow) throws {
        let plan = DailyPlan(times: Self.times, zone: try Self.zone("Asia/Kolkata"))
        #expect(plan.open(at: try #require(Timestamp("2026-11-24T\(time)+05:30"))) == [window])
    }

    @Test(
        "When something opens next",
        arguments: [
            ("2026-11-24T09:00:00+05:30", ServiceWindow.queueing, "2026-11-24T10:00:00+05:30"),
            ("2026-11-24T10:00:00+05:30", .queueing, "2026-11-25T10:00:00+05:30"),
            ("2026-11-24T11:00:00+05:30", .ticketing, "2026-11-24T13:30:00+05:30"),
            ("2026-11-24T22:00:00+05:30", .ticketing, "2026-11-25T13:30:00+05:30"),
            ("2026-11-24T23:59:59+05:30", .queueing, "2026-11-25T10:00:00+05:30"),
            ("2026-11-24T00:00:00+05:30", .waiting, "2026-11-24T22:00:00+05:30"),
            ("2026-12-31T23:00:00+05:30", .processing, "2027-01-01T13:00:00+05:30"),
        ])
    func next(now: String, window: ServiceWindow, opening: String) throws {
        let plan = DailyPlan(times: Self.times, zone: try Self.zone("Asia/Kolkata"))
        let next = plan.nextOpening(of: [window], after: try #require(Timestamp(now)))
        #expect(next?.description == opening)
    }

    @Test("Of several windows the nearest counts")
    func nearest() throws {
        let plan = DailyPlan(times: Self.times, zone: try Self.zone("Asia/Kolkata"))
        let now = try #require(Timestamp("2026-11-24T13:10:00+05:30"))
        #expect(plan.nextOpening(of: [.queueing, .ticketing], after: now)?.description == "2026-11-24T13:30:00+05:30")
        #expect(plan.nextOpening(of: [], after: now) == nil)
    }

    @Test("A forced state is open at any time, and has no end")
    func forced() throws {
        let plan = DailyPlan(times: Self.times, zone: try Self.zone("Asia/Kolkata"), forced: [.queueing, .ticketing])
        for hour in 0..<24 {
            let now = Timestamp(milliseconds: 1_795_458_600_000).adding(seconds: hour * 3600)
            #expect(plan.open(at: now) == [.queueing, .ticketing])
            #expect(plan.nextOpening(of: [.waiting], after: now) == nil)
        }
        #expect(DailyPlan(times: Self.times, zone: .gmt, forced: []).open(at: Timestamp(milliseconds: 0)) == [])
    }

    @Test(
        "The clock on the wall counts where it is put forward and back",
        arguments: [
            // Berlin, 29 March 2026: 02:00 becomes 03:00. 25 October: 03:00 becomes 02:00.
            ("Europe/Berlin", "2026-03-29T00:30:00+01:00", "2026-03-29T10:00:00+02:00"),
            ("Europe/Berlin", "2026-10-25T00:30:00+02:00", "2026-10-25T10:00:00+01:00"),
            ("Europe/Berlin", "2026-03-28T12:00:00+01:00", "2026-03-29T10:00:00+02:00"),
            ("America/New_York", "2026-03-08T00:30:00-05:00", "2026-03-08T10:00:00-04:00"),
            ("America/New_York", "2026-11-01T00:30:00-04:00", "2026-11-01T10:00:00-05:00"),
            ("Australia/Lord_Howe", "2026-10-04T00:30:00+10:30", "2026-10-04T10:00:00+11:00"),
            ("Pacific/Apia", "2026-06-01T00:00:00+13:00", "2026-06-01T10:00:00+13:00"),
        ])
    func daylightSaving(zone: String, now: String, opening: String) throws {
        let plan = DailyPlan(times: Self.times, zone: try Self.zone(zone))
        #expect(plan.nextOpening(of: [.queueing], after: try #require(Timestamp(now)))?.description == opening)
    }

    @Test("A day may begin and end with ticketing")
    func midnight() throws {
        let times = DailyPlan.Times(queueingFrom: 0, queueingUntil: 60, ticketingFrom: 60, ticketingUntil: 1440)
        let plan = DailyPlan(times: times, zone: try Self.zone("Asia/Kolkata"))
        let last = try #require(Timestamp("2026-11-24T23:59:59.999+05:30"))
        #expect(plan.open(at: last) == [.ticketing])
        #expect(plan.open(at: last.adding(milliseconds: 1)) == [.queueing])
        #expect(plan.nextOpening(of: [.queueing], after: last)?.description == "2026-11-25T00:00:00+05:30")
    }

    /// The two answers must agree: minute by minute through the days on which clocks change, a window begins exactly
    /// when it was announced.
    @Test(
        "Every beginning is announced, and every announcement comes true",
        arguments: [
            ("Asia/Kolkata", "2026-11-23T00:00:00Z"), ("Europe/Berlin", "2026-03-28T00:00:00Z"),
            ("Europe/Berlin", "2026-10-24T00:00:00Z"), ("America/New_York", "2026-03-07T12:00:00Z"),
            ("America/New_York", "2026-10-31T12:00:00Z"), ("Australia/Lord_Howe", "2026-04-03T12:00:00Z"),
            ("America/St_Johns", "2026-11-01T00:00:00Z"), ("Asia/Kathmandu", "2026-01-01T00:00:00Z"),
        ])
    func agreement(zone: String, start: String) throws {
        let plan = DailyPlan(times: Self.times, zone: try Self.zone(zone))
        var now = try #require(Timestamp(start))
        var announced: [ServiceWindow: Timestamp] = [:]
        var before = plan.open(at: now)
        for _ in 0..<3 * 1440 {
            for window in ServiceWindow.allCases {
                let next = try #require(plan.nextOpening(of: [window], after: now))
                #expect(next > now)
                if let promised = announced[window], promised > now {
                    #expect(next == promised, "\(window) was promised for \(promised), and at \(now) for \(next)")
                }
                announced[window] = next
            }
            now = now.adding(seconds: 60)
            let open = plan.open(at: now)
            for window in open.subtracting(before) {
                #expect(announced[window] == now, "\(window) began unannounced at \(now)")
            }
            for (window, promised) in announced where promised == now {
                #expect(open.contains(window), "\(window) did not begin at \(now)")
            }
            before = open
        }
    }
}
