/// A halt of a trip as stop_times.txt has it.
struct RawHalt {
    let line: Int
    let stop: String
    let sequence: Int
    let arrival: ServiceTime?
    let departure: ServiceTime?
}

/// Brings the times of a trip into order.
///
/// Times that are not given are interpolated between their neighbours, as GTFS wants it. Times that run backwards can't be
/// right: the most halts whose times do follow one another are believed, and the others are interpolated as well.
struct HaltTimes {
    /// More would be no bus but a mistake, and the search for the odd ones out takes the square of them.
    static let maximumHalts = 500

    struct Refusal: Error, Equatable {
        let what: String
    }

    struct Correction: Equatable {
        let line: Int
        let what: String
        let done: String
    }

    private typealias Times = (arrival: ServiceTime, departure: ServiceTime)
    private static let day = 86_400

    private let halts: [RawHalt]
    private var times: [Times?]
    private var corrections: [Int: Correction] = [:]

    /// - Parameter halts: in the order of their sequence.
    /// - Returns: the times of each halt, and what was corrected.
    static func repair(
        _ halts: [RawHalt]
    ) throws(Refusal) -> (times: [(arrival: ServiceTime, departure: ServiceTime)], corrections: [Correction]) {
        guard halts.count >= 2 else {
            throw Refusal(what: halts.isEmpty ? "it has no stop times" : "it has a single stop time")
        }
        guard halts.count <= maximumHalts else { throw Refusal(what: "it has more than \(maximumHalts) halts") }
        var work = HaltTimes(halts)
        work.completePairs()
        work.passMidnight()
        try work.dropBackwards()
        let times = try work.interpolate()
        return (times, work.corrections.sorted { $0.key < $1.key }.map(\.value))
    }

    private init(_ halts: [RawHalt]) {
        self.halts = halts
        times = halts.map { halt in
            guard let any = halt.arrival ?? halt.departure else { return nil }
            return (halt.arrival ?? any, halt.departure ?? any)
        }
    }

    /// A halt is not left before it is reached.
    private mutating func completePairs() {
        for (index, pair) in times.enumerated() {
            guard let pair, pair.departure < pair.arrival else { continue }
            if pair.arrival.seconds - pair.departure.seconds > Self.day / 2 {
                let departure = ServiceTime(seconds: pair.departure.seconds + Self.day)
                times[index] = (pair.arrival, departure)
                note(index, "the departure at \(pair.departure) is after midnight", "taken as \(departure)")
            } else {
                times[index] = (pair.arrival, pair.arrival)
                let what = "the departure at \(pair.departure) is before the arrival at \(pair.arrival)"
                note(index, what, "it leaves on arrival")
            }
        }
    }

    /// A time more than half a day before the one before it was meant for the day after.
    private mutating func passMidnight() {
        var previous: ServiceTime?
        for (index, pair) in times.enumerated() {
            guard let pair else { continue }
            var taken = pair
            if let previous, previous.seconds - pair.arrival.seconds > Self.day / 2 {
                taken.arrival = ServiceTime(seconds: pair.arrival.seconds + Self.day)
                taken.departure = ServiceTime(seconds: pair.departure.seconds + Self.day)
                times[index] = taken
                note(index, "\(pair.arrival) comes after \(previous): it is after midnight", "taken as \(taken.arrival)")
            }
            previous = taken.departure
        }
    }

    private mutating func dropBackwards() throws(Refusal) {
        let timed = times.indices.compactMap { index in times[index].map { (index: index, times: $0) } }
        let backwards = zip(timed, timed.dropFirst()).contains { $0.times.departure > $1.times.arrival }
        guard backwards else { return }
        // The longest chain of halts that follow one another: for each, the length of the best chain that begins with it.
        var best = [Int](repeating: 1, count: timed.count)
        for start in timed.indices.reversed() {
            for next in timed.indices[(start + 1)...] where timed[start].times.departure <= timed[next].times.arrival {
                best[start] = max(best[start], best[next] + 1)
            }
        }
        var wanted = best.max() ?? 0
        var last: Times?
        for position in timed.indices {
            let (index, pair) = timed[position]
            let follows = last.map { $0.departure <= pair.arrival } ?? true
            if follows, best[position] == wanted {
                last = pair
                wanted -= 1
            } else if index == 0 || index == halts.count - 1 {
                let place = index == 0 ? "first" : "last"
                throw Refusal(what: "the time of its \(place) halt, \(pair.arrival), does not fit the others")
            } else {
                times[index] = nil
                note(index, "\(pair.arrival) at \(quoted(halts[index].stop)) runs backwards between the halts around it", "")
            }
        }
    }

    private mutating func interpolate() throws(Refusal) -> [(arrival: ServiceTime, departure: ServiceTime)] {
        guard let first = times[0] else { throw Refusal(what: "its first halt has no time") }
        var whole: [Times] = [first]
        for index in times.indices.dropFirst() {
            guard let pair = times[index] else { continue }
            let from = whole[whole.count - 1].departure.seconds
            let (gap, rise) = (index - whole.count + 1, pair.arrival.seconds - from)
            for step in 1..<max(gap, 1) {
                let time = ServiceTime(seconds: from + rise * step / gap)
                if let found = corrections[whole.count], times[whole.count] == nil {
                    corrections[whole.count] = Correction(
                        line: found.line, what: found.what, done: "\(time) is taken, interpolated"
                    )
                }
                whole.append((time, time))
            }
            whole.append(pair)
        }
        guard whole.count == halts.count else { throw Refusal(what: "its last halt has no time") }
        return whole
    }

    private mutating func note(_ index: Int, _ what: String, _ done: String) {
        corrections[index] = Correction(line: halts[index].line, what: what, done: done)
    }
}
