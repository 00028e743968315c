package import CommandBus

/// What becomes of a booking.
package enum BookingState: String, WireEnum {
    case booked
    case boarded
    case noShow = "no_show"
    case cancelled
}

/// The terms on which a seat is given back; kept with the booking as they were when it was made.
package struct RefundPolicy: Codable, Sendable, Hashable {
    /// Until how many minutes before it leaves a booking may be cancelled.
    package let cutoffMinutes: Int
    /// How much of the fare is paid back, 0 to 100.
    package let percent: Int

    package init(cutoffMinutes: Int, percent: Int) {
        precondition((0...100).contains(percent), "a refund is 0 to 100 percent")
        self.cutoffMinutes = cutoffMinutes
        self.percent = percent
    }

    /// The last instant at which a booking on a departure may be cancelled.
    package func cutoff(departsAt: Timestamp) -> Timestamp {
        departsAt.adding(seconds: -cutoffMinutes * 60)
    }

    /// The part of a fare that is paid back, in minor units; a fraction of one is the rider's loss.
    package func refund(of fare: Int64) -> Int64 {
        fare / 100 * Int64(percent) + fare % 100 * Int64(percent) / 100
    }
}

/// One rider's seat on one departure, as it is kept.
package struct BookingRecord: Sendable, Hashable {
    package let id: BookingID
    package let departure: DepartureID
    package let rider: AccountID
    package let state: BookingState
    package let fare: Money
    package let policy: RefundPolicy
    package let bookedAt: Timestamp
    /// The journal entry that took the fare; nil where the ride is free.
    package let charge: JournalEntryID?
    package let cancelledAt: Timestamp?
    /// The journal entry that paid back; nil where nothing was.
    package let refund: JournalEntryID?

    package init(
        id: BookingID, departure: DepartureID, rider: AccountID, state: BookingState, fare: Money, policy: RefundPolicy,
        bookedAt: Timestamp, charge: JournalEntryID?, cancelledAt: Timestamp? = nil, refund: JournalEntryID? = nil
    ) {
        self.id = id
        self.departure = departure
        self.rider = rider
        self.state = state
        self.fare = fare
        self.policy = policy
        self.bookedAt = bookedAt
        self.charge = charge
        self.cancelledAt = cancelledAt
        self.refund = refund
    }
}

/// What a store can tell of bookings.
package protocol BookingReads {
    func booking(_ id: BookingID) throws -> BookingRecord?
    /// A rider's bookings, the newest first.
    ///
    /// - Parameters:
    ///   - state: only those in it; nil for all.
    ///   - before: where the page before ended.
    func bookings(of rider: AccountID, state: BookingState?, before: BookingID?, limit: Int) throws -> [BookingRecord]
    /// The rider's booking on a departure that is not cancelled.
    func liveBooking(of rider: AccountID, on departure: DepartureID) throws -> BookingID?
    /// How many bookings a rider has for rides that are still to come, or under way: on departures that have not left by
    /// `now` and on those that board. One that was cancelled counts as long, as its fare may still have to be paid back.
    func ridesToCome(of rider: AccountID, at now: Timestamp) throws -> Int
    /// Every booking, in the order of identifiers; for checks.
    func bookings(after: BookingID?, limit: Int) throws -> [BookingRecord]
    /// Every departure that has or had bookings, with what its bookings add up to; for checks.
    func departureTallies() throws -> [DepartureTally]
}

/// What a unit of work can write of bookings.
package protocol BookingRecords: BookingReads {
    /// Takes a seat, if one is left and the departure is still to leave: compared and changed in one step.
    ///
    /// - Returns: the departure after it; nil if no seat was taken.
    func takeSeat(on departure: DepartureID, at now: Timestamp) throws -> DepartureRecord?
    /// Gives a booked seat back.
    func releaseSeat(on departure: DepartureID) throws -> DepartureRecord?
    func insert(_ booking: BookingRecord) throws
    /// Cancels a booking that is booked.
    ///
    /// - Returns: false if it is not; nothing is changed then.
    func cancel(_ booking: BookingID, at now: Timestamp, refund: JournalEntryID?) throws -> Bool
}

/// A departure's counts beside those of its bookings.
package struct DepartureTally: Sendable {
    package let departure: DepartureID
    package let capacity: Int
    package let counts: SeatCounts
    package let booked: Int
    package let boarded: Int
    package let noShow: Int

    package init(departure: DepartureID, capacity: Int, counts: SeatCounts, booked: Int, boarded: Int, noShow: Int) {
        self.departure = departure
        self.capacity = capacity
        self.counts = counts
        self.booked = booked
        self.boarded = boarded
        self.noShow = noShow
    }
}
