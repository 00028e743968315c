/// Which rider books which departure: as many pairs as seats and wallets allow, none of them twice.
struct BookingPlan {
    /// A rider and a departure.
    struct Pair: Hashable {
        let rider: Int
        let departure: Int
    }

    /// What one rider books, in order.
    struct Share {
        let rider: Int
        let departures: [Int]
    }

    let shares: [Share]

    var count: Int { shares.reduce(0) { $0 + $1.departures.count } }

    /// - Parameters:
    ///   - world: the departures with the seats that are left.
    ///   - wallets: what each rider can spend, in minor units.
    ///   - taken: live bookings that were there before.
    ///   - rotation: where to begin among the riders, so that batches differ.
    init(_ world: World, wallets: [Int], taken: Set<Pair>, rotation: Int) {
        var wallets = wallets
        var lists: [[Int]] = Array(repeating: [], count: wallets.count)
        var next = rotation
        for (index, departure) in world.departures.enumerated() {
            var seats = departure.seatsLeft
            // One round at most: a rider has one live booking a departure.
            for offset in 0..<lists.count where seats > 0 {
                let rider = (next + offset) % lists.count
                guard wallets[rider] >= departure.fare.amount, !taken.contains(Pair(rider: rider, departure: index))
                else { continue }
                wallets[rider] -= departure.fare.amount
                lists[rider].append(index)
                seats -= 1
            }
            next += departure.seatsLeft
        }
        shares = lists.enumerated().compactMap { $1.isEmpty ? nil : Share(rider: $0, departures: $1) }
    }
}

/// Deals the calls of a plan out to lanes: a lane takes a rider and stays with that one until the share is done.
struct BookingDealer {
    private var waiting: [BookingPlan.Share]
    private var current: [Int: (share: BookingPlan.Share, index: Int)] = [:]
    private let batch: Int
    private var dealt = 0

    /// - Parameter batch: the number of the batch, which makes its keys unlike those of the others.
    init(_ plan: BookingPlan, batch: Int) {
        waiting = plan.shares.reversed()
        self.batch = batch
    }

    mutating func next(lane: Int) -> Call? {
        if current[lane].map({ $0.index >= $0.share.departures.count }) ?? true {
            guard let share = waiting.popLast() else { return nil }
            current[lane] = (share, 0)
        }
        guard let (share, index) = current[lane] else { return nil }
        current[lane] = (share, index + 1)
        dealt += 1
        return .book(rider: share.rider, departure: share.departures[index], key: "\(batch)-\(dealt)")
    }
}
