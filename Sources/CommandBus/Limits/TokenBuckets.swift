import Synchronization

/// How fast calls of a class are admitted: on average `perSecond`, at most `burst` at once.
package struct Rate: Sendable, Hashable {
    package let perSecond: Double
    package let burst: Int

    package init(perSecond: Double, burst: Int) {
        precondition(perSecond > 0 && burst >= 1, "a rate admits something")
        self.perSecond = perSecond
        self.burst = burst
    }
}

/// The rate of each class of calls, and how it differs by whose budget they are taken from.
package struct RateTable: Sendable, ExpressibleByDictionaryLiteral {
    private let rates: [CostClass: Rate]
    private let sharing: Int

    /// - Parameters:
    ///   - rates: the rate of each class for an account; one that is not there is not limited.
    ///   - sharing: how many times as much a network address may send: a campus may be behind one.
    package init(_ rates: [CostClass: Rate], sharing: Int) {
        precondition(sharing >= 1, "an address is shared by one at least")
        self.rates = rates
        self.sharing = sharing
    }

    /// The same rates for accounts and addresses.
    package init(dictionaryLiteral rates: (CostClass, Rate)...) {
        self.init(Dictionary(uniqueKeysWithValues: rates), sharing: 1)
    }

    /// Nil where nothing is limited.
    package func rate(of subject: RateSubject, _ cost: CostClass) -> Rate? {
        guard let rate = rates[cost] else { return nil }
        return switch subject {
        case .account: rate
        case .address: Rate(perSecond: rate.perSecond * Double(sharing), burst: rate.burst * sharing)
        }
    }
}

/// Admits calls by token buckets in memory, for a server that is alone.
package final class TokenBuckets: RateLimiter {
    private struct Key: Hashable {
        let subject: RateSubject
        let cost: CostClass
    }

    private let rates: RateTable
    private let shelf = Mutex(BucketShelf<Key>())

    package init(rates: RateTable) {
        self.rates = rates
    }

    package func admit(_ subject: RateSubject, _ cost: CostClass, at now: Timestamp) async -> Int? {
        guard let rate = rates.rate(of: subject, cost) else { return nil }
        return shelf.withLock { $0.take([(Key(subject: subject, cost: cost), rate)], at: now) }
    }

    /// How many buckets there are; a full one need not be kept.
    var count: Int { shelf.withLock { $0.count } }
}
