package import Foundation

/// The service windows of every day in the operator's time zone.
///
/// Queueing, then processing from its end until ticketing begins, then ticketing, and waiting for the rest of the day.
package struct DailyPlan: WindowClock {
    /// Minutes after midnight, 0 to 1440.
    package struct Times: Sendable, Equatable {
        package let queueingFrom: Int
        /// Also the beginning of processing.
        package let queueingUntil: Int
        /// The end of processing by the plan.
        package let ticketingFrom: Int
        package let ticketingUntil: Int

        package init(queueingFrom: Int, queueingUntil: Int, ticketingFrom: Int, ticketingUntil: Int) {
            self.queueingFrom = queueingFrom
            self.queueingUntil = queueingUntil
            self.ticketingFrom = ticketingFrom
            self.ticketingUntil = ticketingUntil
        }
    }

    package let times: Times
    package let zone: TimeZone
    /// What an operator forces to be open; nil for the day's plan.
    package let forced: Set<ServiceWindow>?

    package init(times: Times, zone: TimeZone, forced: Set<ServiceWindow>? = nil) {
        self.times = times
        self.zone = zone
        self.forced = forced
    }

    package func open(at now: Timestamp) -> Set<ServiceWindow> {
        forced ?? [window(at: now)]
    }

    package func nextOpening(of windows: Set<ServiceWindow>, after now: Timestamp) -> Timestamp? {
        guard forced == nil else { return nil }
        // Processing has no time of its own where ticketing begins as soon as queueing ends.
        let starts: [(ServiceWindow, Int)] =
            [(.queueing, times.queueingFrom), (.ticketing, times.ticketingFrom), (.waiting, times.ticketingUntil)]
            + (times.queueingUntil < times.ticketingFrom ? [(.processing, times.queueingUntil)] : [])
        let today = (now.milliseconds + offset(at: now)).flooredQuotient(by: 86_400_000)
        return (0...1).flatMap { day in
            starts.filter { windows.contains($0.0) }.map { instant(day: today + Int64(day), minute: $0.1) }
        }.filter { $0 > now }.min()
    }

    private func window(at now: Timestamp) -> ServiceWindow {
        let local = now.milliseconds + offset(at: now)
        let minute = Int((local - local.flooredQuotient(by: 86_400_000) * 86_400_000) / 60_000)
        return switch minute {
        case times.queueingFrom..<times.queueingUntil: .queueing
        case times.queueingUntil..<times.ticketingFrom: .processing
        case times.ticketingFrom..<times.ticketingUntil: .ticketing
        default: .waiting
        }
    }

    /// Milliseconds east of UTC.
    private func offset(at instant: Timestamp) -> Int64 {
        Int64(zone.secondsFromGMT(for: instant.date)) * 1000
    }

    private func instant(day: Int64, minute: Int) -> Timestamp {
        let wall = day * 86_400_000 + Int64(minute) * 60_000
        let guess = wall - offset(at: Timestamp(milliseconds: wall))
        let there = offset(at: Timestamp(milliseconds: guess))
        return Timestamp(milliseconds: wall - there, offsetMinutes: Int(there / 60_000))
    }
}
