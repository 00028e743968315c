package import CommandBus
import Wallet

/// A booking on the wire.
package struct BookingView: Codable, Sendable {
    package let id: BookingID
    package let departure: DepartureID
    package let rider: AccountID
    package let state: BookingState
    package let fare: Money
    package let bookedAt: Timestamp
    package let charge: JournalEntryID?
    package let policy: RefundPolicy
    package let cancelledAt: Timestamp?
    package let refund: JournalEntryID?

    package init(_ booking: BookingRecord) {
        id = booking.id
        departure = booking.departure
        rider = booking.rider
        state = booking.state
        fare = booking.fare
        bookedAt = booking.bookedAt
        charge = booking.charge
        policy = booking.policy
        cancelledAt = booking.cancelledAt
        refund = booking.refund
    }
}

/// Books a seat: the fare and the seat, or neither.
package enum CreateBooking: Command {
    package struct Input: Codable, Sendable {
        package let departure: DepartureID
    }
    package typealias Output = BookingView

    package static let name = "bookings.create"
    package static let route = RESTRoute.post("/v1/bookings")
    package static let access = Access.roles([.rider])
    package static let windows: Set<ServiceWindow>? = [.ticketing]
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.required
    package static let status = 201
    package static let summary = "Books a seat on a departure and pays its fare from the wallet."
    package static let example = Input(departure: DepartureID(trusted: "d_0example"))
    package static let problems: [Problem.Code] = [
        .notFound, .departed, .departureCancelled, .alreadyBooked, .soldOut, .insufficientFunds,
    ]
}

/// Lists the rider's own bookings.
package enum ListBookings: Command {
    package struct Input: Codable, Sendable {
        package let state: BookingState?
        package let limit: PageLimit?
        package let after: PageCursor?
    }
    package typealias Output = Page<BookingView>

    package static let name = "bookings.list"
    package static let route = RESTRoute.get("/v1/bookings")
    package static let access = Access.roles([.rider])
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Lists one's own bookings, the newest first."
    package static let example = Input(state: nil, limit: nil, after: nil)
}

/// Shows one of the rider's own bookings.
package enum ShowBooking: Command {
    package struct Input: Codable, Sendable {
        package let id: BookingID
    }
    package typealias Output = BookingView

    package static let name = "bookings.show"
    package static let route = RESTRoute.get("/v1/bookings/{id}")
    package static let access = Access.roles([.rider])
    package static let cost = CostClass.read
    package static let idempotency = IdempotencyRule.none
    package static let summary = "Shows one of one's own bookings."
    package static let example = Input(id: BookingID(trusted: "b_0example"))
    package static let problems: [Problem.Code] = [.notFound]
}

/// Cancels a booking: the seat is free again at once, and the fare is paid back by the policy that it was bought under.
package enum CancelBooking: Command {
    package struct Input: Codable, Sendable {
        package let id: BookingID
    }
    package typealias Output = BookingView

    package static let name = "bookings.cancel"
    package static let route = RESTRoute.post("/v1/bookings/{id}/cancel")
    package static let access = Access.roles([.rider])
    package static let cost = CostClass.write
    package static let idempotency = IdempotencyRule.required
    package static let summary = "Gives the seat back, and the fare by the policy under which it was bought."
    package static let example = Input(id: BookingID(trusted: "b_0example"))
    package static let problems: [Problem.Code] = [.notFound, .notCancellable, .cancellationClosed]
}

extension Problem.Code {
    package static let soldOut = Self("sold_out", status: 409, title: "No seat is left")
    package static let alreadyBooked = Self("already_booked", status: 409, title: "There is a booking already")
    package static let departed = Self("departed", status: 409, title: "The bus has left")
    package static let departureCancelled = Self("departure_cancelled", status: 409, title: "The departure is cancelled")
    package static let notCancellable = Self("not_cancellable", status: 409, title: "The booking can't be cancelled")
    package static let cancellationClosed = Self("cancellation_closed", status: 409, title: "It is too late to cancel")
}
