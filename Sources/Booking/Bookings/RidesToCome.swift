package import CommandBus

extension BookingReads where Self: TimetableReads {
    /// How many bookings a rider has for rides that are still to come, or under way.
    ///
    /// - Parameter now: what has left before it is past.
    package func ridesToCome(of rider: AccountID, at now: Timestamp) throws -> Int {
        var count = 0
        for state in [BookingState.booked, .boarded] {
            var before: BookingID?
            while true {
                let page = try bookings(of: rider, state: state, before: before, limit: 200)
                for booking in page where try isToCome(booking.departure, at: now) { count += 1 }
                guard page.count == 200, let last = page.last else { break }
                before = last.id
            }
        }
        return count
    }

    private func isToCome(_ id: DepartureID, at now: Timestamp) throws -> Bool {
        guard let departure = try departure(id) else { return false }
        switch departure.state {
        // Of a departure that was cancelled the fare may still have to be paid back.
        case .scheduled, .cancelled: return departure.departsAt > now
        case .boarding: return true
        case .departed: return false
        }
    }
}
