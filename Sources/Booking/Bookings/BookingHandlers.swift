package import CommandBus
package import Wallet

extension CommandRegistry
where
    Store.Snapshot: BookingReads & TimetableReads,
    Store.Transaction: BookingRecords & TimetableRecords & LedgerRecords & PrincipalReads
{
    /// How a seat is taken: compared and changed in one step by the store.
    package typealias TakeSeat = @Sendable (DepartureID, Timestamp, Store.Transaction) throws -> DepartureRecord?

    /// Registers the commands of bookings.
    ///
    /// - Parameters:
    ///   - ledger: takes the fares.
    ///   - policy: the terms under which seats are sold from now on.
    ///   - takeSeat: the guard against selling a seat twice. It is a parameter so that a test can show what happens
    ///     without it.
    package mutating func registerBookings(
        ledger: Ledger, policy: RefundPolicy,
        takeSeat: @escaping TakeSeat = { departure, now, tx in try tx.takeSeat(on: departure, at: now) }
    ) {
        write(CreateBooking.self) { input, work in
            let rider = try work.caller().account
            if try work.tx.liveBooking(of: rider, on: input.departure) != nil { throw Problem.alreadyBooked }
            guard let departure = try takeSeat(input.departure, work.context.now, work.tx) else {
                throw try Self.refusal(of: input.departure, work)
            }
            let id: BookingID = work.context.makeID()
            let charge = try Self.charge(departure.fare, to: rider, for: id, ledger, work)
            let booking = BookingRecord(
                id: id, departure: departure.id, rider: rider, state: .booked, fare: departure.fare, policy: policy,
                bookedAt: work.context.now, charge: charge
            )
            try work.tx.insert(booking)
            return try Self.tell("booking.created", booking, departure, work)
        }
        read(ListBookings.self) { input, context, snapshot in
            let rider = try context.signedIn().account
            let limit = input.limit?.raw ?? 50
            let before = try input.after.map { cursor throws(Problem) in
                guard cursor.parts.count == 1 else { throw .invalid("/after", "must be a cursor that a list returned") }
                return BookingID(trusted: cursor.parts[0])
            }
            return Page(
                try snapshot.bookings(of: rider, state: input.state, before: before, limit: limit + 1), limit: limit,
                cursor: { PageCursor($0.id.raw) }, item: BookingView.init
            )
        }
        read(ShowBooking.self) { input, context, snapshot in
            let rider = try context.signedIn().account
            // Somebody else's booking is no business of the one who asks, not even that there is one.
            guard let booking = try snapshot.booking(input.id), booking.rider == rider else {
                throw Problem.notFound("booking")
            }
            return BookingView(booking)
        }
        write(CancelBooking.self) { input, work in
            let rider = try work.caller().account
            guard let booking = try work.tx.booking(input.id), booking.rider == rider else {
                throw Problem.notFound("booking")
            }
            return try Self.cancel(booking, ledger, work)
        }
    }

    private static func charge(
        _ fare: Money, to rider: AccountID, for booking: BookingID, _ ledger: Ledger, _ work: Work<Store.Transaction>
    ) throws -> JournalEntryID? {
        guard fare.amount > 0 else {
            // A paid booking meets the deletion of its rider's account at the wallet. One that is free must meet it, too.
            try work.tx.hold(.wallet(rider))
            return nil
        }
        return try ledger.move(
            fare, from: .wallet(rider), to: .fares, kind: .fare, reference: booking.raw, in: work
        ).id
    }

    private static func cancel(
        _ booking: BookingRecord, _ ledger: Ledger, _ work: Work<Store.Transaction>
    ) throws -> BookingView {
        let now = work.context.now
        guard booking.state == .booked else {
            throw Problem(.notCancellable, "The booking is \(booking.state.rawValue).")
        }
        guard let departure = try work.tx.departure(booking.departure) else { throw Problem.notFound("departure") }
        let cutoff = booking.policy.cutoff(departsAt: departure.departsAt)
        guard now <= cutoff else {
            throw Problem(.cancellationClosed, "This booking could be cancelled until \(cutoff).")
        }
        let amount = booking.policy.refund(of: booking.fare.amount)
        let refund =
            booking.charge == nil || amount == 0
            ? nil
            : try ledger.move(
                Money(amount: amount, currency: booking.fare.currency), from: .fares, to: .wallet(booking.rider),
                kind: .refund, reference: booking.id.raw, in: work
            ).id
        guard try work.tx.cancel(booking.id, at: now, refund: refund), let freed = try work.tx.releaseSeat(on: departure.id)
        else { throw Problem(.notCancellable, "The booking is no longer booked.") }
        let cancelled = BookingRecord(
            id: booking.id, departure: booking.departure, rider: booking.rider, state: .cancelled, fare: booking.fare,
            policy: booking.policy, bookedAt: booking.bookedAt, charge: booking.charge, cancelledAt: now, refund: refund
        )
        return try tell("booking.cancelled", cancelled, freed, work)
    }

    private static func tell(
        _ event: String, _ booking: BookingRecord, _ departure: DepartureRecord, _ work: Work<Store.Transaction>
    ) throws -> BookingView {
        work.recordOutput(event, subject: booking.id.raw)
        work.publish(try SeatsFeed.change(for: departure))
        return BookingView(booking)
    }

    /// Why no seat was taken.
    private static func refusal(of id: DepartureID, _ work: Work<Store.Transaction>) throws -> Problem {
        guard let departure = try work.tx.departure(id) else { return .notFound("departure") }
        if departure.state == .cancelled { return Problem(.departureCancelled, "The operator cancelled this departure.") }
        guard departure.state == .scheduled, departure.departsAt > work.context.now else {
            return Problem(
                .departed, "Seats on this departure are no longer sold; it leaves or left at \(departure.departsAt).")
        }
        return Problem(.soldOut, "All \(departure.seats.capacity) seats are taken.")
    }
}

extension Problem {
    static let alreadyBooked = Problem(.alreadyBooked, "You already have a seat on this departure.")
}
