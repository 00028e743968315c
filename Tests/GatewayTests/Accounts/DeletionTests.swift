import Auth
import Booking
import CommandBus
import Support
import Testing
import Wallet

@testable import Gateway

/// Deleting an account on a server, where there are bookings.
@Suite(.serialized)
struct DeletionTests {
    @Test(.timeLimit(.minutes(2)))
    func bookingsOfRidesToComeHaveToGoFirst() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let rider = AccountScene.email(1)
            let account = try await scene.account(rider)
            for (index, departure) in try await scene.departures(2).enumerated() {
                #expect(try await scene.book(departure, as: rider, key: "b\(index)").status == 201)
            }
            try await scene.stepUp(.accountDeletion, as: rider)
            let refused = try await scene.send("account.delete", ["moneyTo": "operator"], as: rider, key: "d1")
            #expect(refused.status == 409)
            #expect(refused.code == "account_has_bookings")
            #expect(refused.problem?.detail.contains("2 bookings") == true)
            let byStaff = ["id": account.id.raw, "reason": "A reason", "moneyTo": "operator"]
            try await scene.stepUp(.riderChange, as: "developer@demo.test")
            let refusedStaff = try await scene.send("riders.delete", byStaff, as: "developer@demo.test", key: "d1")
            #expect(refusedStaff.code == "account_has_bookings")
            #expect(try await scene.account(rider).state == .active)

            let bookings = try await scene.send("bookings.list", as: rider).output(Page<BookingView>.self).items
            for booking in bookings {
                let key = "c-\(booking.id)"
                #expect(try await scene.send("bookings.cancel", ["id": booking.id.raw], as: rider, key: key).status == 200)
            }
            let deleted = try await scene.send("account.delete", ["moneyTo": "operator"], as: rider, key: "d2")
            #expect(deleted.status == 204)
            #expect(try await scene.findings() == [])
        }
    }

    @Test(.timeLimit(.minutes(2)))
    func pastRidesStayWithTheNumberOfTheAccount() async throws {
        try await RunningGateway.with { gateway in
            let scene = AccountScene(gateway: gateway)
            let rider = AccountScene.email(1)
            let account = try await scene.account(rider)
            let departure = try #require(try await scene.departures(1).first)
            let booked = try await scene.book(departure, as: rider).output(BookingView.self)
            gateway.clock.advance(seconds: gateway.clock.now().seconds(until: departure.departsAt) + 60)
            try await scene.work { work in _ = try work.tx.setState(.departed, of: departure.id) }
            try await scene.stepUp(.accountDeletion, as: rider)
            let reply = try await scene.send("account.delete", ["moneyTo": "operator"], as: rider, key: "d1")
            #expect(reply.status == 204, "\(reply.text)")
            let kept = try await gateway.core.store.read { try $0.booking(booked.id) }
            #expect(kept?.rider == account.id)
            #expect(kept?.state == .booked)
            let ledger = gateway.core.ledger
            let forfeits = try await gateway.core.store.read { try ledger.balance(of: .forfeits, in: $0) }
            #expect(forfeits > 0)
            #expect(try await scene.findings() == [])
        }
    }

    /// Whoever comes first wins: there is a booking or no account, and never a booking of an account that is gone.
    @Test(.timeLimit(.minutes(3)), arguments: [false, true])
    func aBookingThatIsMadeAtTheSameMoment(isFree: Bool) async throws {
        try await RunningGateway.with(flags: ["demoRiders": "40"]) { gateway in
            let scene = AccountScene(gateway: gateway)
            let departures = try await scene.departures(4)
            #expect(departures.count == 4)
            if isFree {
                for departure in departures { try await scene.makeFree(departure) }
            }
            let riders = 1...40
            var ids: [Int: AccountID] = [:]
            for number in riders {
                ids[number] = try await scene.account(AccountScene.email(number)).id
                try await scene.stepUp(.accountDeletion, as: AccountScene.email(number))
            }
            let outcomes = try await withThrowingTaskGroup(of: (Int, Bool, CommandReply).self) { group in
                for number in riders {
                    let departure = departures[number % departures.count]
                    // Each of the two is begun first for half of the riders.
                    for isBooking in number.isMultiple(of: 2) ? [true, false] : [false, true] {
                        group.addTask {
                            let rider = AccountScene.email(number)
                            let reply =
                                isBooking
                                ? try await scene.book(departure, as: rider)
                                : try await scene.send("account.delete", ["moneyTo": "operator"], as: rider, key: "d1")
                            return (number, isBooking, reply)
                        }
                    }
                }
                return try await group.reduce(into: [Int: (booking: CommandReply?, deletion: CommandReply?)]()) {
                    if $1.1 {
                        $0[$1.0, default: (nil, nil)].booking = $1.2
                    } else {
                        $0[$1.0, default: (nil, nil)].deletion = $1.2
                    }
                }
            }
            var counts = (booked: 0, deleted: 0)
            for (number, outcome) in outcomes {
                let (booking, deletion) = (try #require(outcome.booking), try #require(outcome.deletion))
                let id = try #require(ids[number])
                let (state, rides) = try await gateway.core.store.read { snapshot in
                    (
                        try snapshot.account(id)?.state,
                        try snapshot.bookings(of: id, state: .booked, before: nil, limit: 9).count
                    )
                }
                if booking.status == 201 {
                    counts.booked += 1
                    #expect(deletion.code == "account_has_bookings", "\(deletion.text)")
                    #expect(state == .active && rides == 1)
                } else {
                    counts.deleted += 1
                    #expect(booking.status == 401, "\(booking.text)")
                    #expect(deletion.status == 204, "\(deletion.text)")
                    #expect(state == .closed && rides == 0)
                }
            }
            #expect(counts.booked > 0 && counts.deleted > 0, "both come first at times: \(counts)")
            #expect(try await scene.findings() == [])
        }
    }
}
