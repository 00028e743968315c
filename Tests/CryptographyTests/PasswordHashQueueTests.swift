import Testing

@testable import Cryptography

@Suite("Who may have a password hashed next")
struct PasswordHashQueueTests {
    /// A job is known by its source and its number there.
    private struct Job: Equatable, CustomStringConvertible {
        let source: String
        let number: Int
        var description: String { "\(source)\(number)" }
    }

    /// A queue, and what became of the jobs that were handed in.
    private struct Counter {
        var queue: HashingQueue<Job>
        var away: [Job] = []

        init(threads: Int = 1, waiting: Int = 128) {
            queue = HashingQueue(threads: threads, waiting: waiting)
        }

        mutating func come(_ source: String, _ number: Int) {
            let job = Job(source: source, number: number)
            switch queue.append(job, of: source) {
            case .waits: break
            case .replaces(let other): away.append(other)
            case .turnedAway: away.append(job)
            }
        }

        /// Does all that wait, one after the other.
        mutating func serveAll() -> [Job] {
            var served: [Job] = []
            while let job = queue.next() {
                served.append(job)
                queue.finished(after: 0.05)
            }
            return served
        }
    }

    @Test("300 at once from one source: as many as there is room for, in the order in which they came")
    func oneSource() {
        var counter = Counter()
        for number in 0..<300 { counter.come("a", number) }
        #expect(counter.away.map(\.number) == Array(129..<300))
        #expect(counter.serveAll().map(\.number) == Array(0..<129))
    }

    @Test("300 at once from as many sources: first come first served")
    func manySources() {
        var counter = Counter(threads: 2)
        for number in 0..<300 { counter.come("s\(number)-", number) }
        #expect(counter.away.map(\.number) == Array(130..<300))
        #expect(counter.serveAll().map(\.number) == Array(0..<130))
    }

    @Test("One that takes all the room gives it to ten modest ones, and costs each of them one place a turn")
    func greedy() {
        var counter = Counter()
        for number in 0..<300 { counter.come("greedy", number) }
        for number in 0..<3 {
            for name in 0..<10 { counter.come("modest\(name)-", number) }
        }
        let served = counter.serveAll()
        #expect(served.count == 129)
        // None of the modest was turned away, and the greedy one's newest made room.
        #expect(counter.away.allSatisfy { $0.source == "greedy" })
        #expect(served.filter { $0.source == "greedy" }.map(\.number) == Array(0..<99))
        // In each turn one of each: the thirty modest ones are done within the first 33.
        #expect(served.prefix(33).filter { $0.source != "greedy" }.count == 30)
        // A control: in the order in which they came the first modest one would have been the 130th.
        #expect(served.firstIndex { $0.source != "greedy" } == 1)
    }

    @Test("Whoever would have as many itself gets no other's place")
    func noChurn() {
        var counter = Counter(waiting: 3)
        for source in ["a", "a", "b", "b"] { counter.come(source, counter.queue.count) }
        counter.come("c", 9)
        #expect(counter.away == [Job(source: "b", number: 3)], "of the longest lines, the newest of all")
        counter.come("c", 10)
        counter.come("b", 11)
        counter.come("d", 12)
        // a has two, b and c one each: d takes the second of a, and then all are alike.
        #expect(counter.away.map(\.description) == ["b3", "c10", "b11", "a1"])
        counter.come("e", 13)
        #expect(counter.away.last == Job(source: "e", number: 13))
        #expect(counter.serveAll().map(\.source) == ["a", "b", "c", "d"])
    }

    @Test("A source that comes again waits for its turn", arguments: [1, 2, 3])
    func turns(threads: Int) {
        var counter = Counter(threads: threads)
        for number in 0..<3 { counter.come("a", number) }
        #expect(counter.queue.next() == Job(source: "a", number: 0))
        counter.come("b", 0)
        counter.come("c", 0)
        counter.queue.finished(after: 0.05)
        #expect(counter.queue.next() == Job(source: "a", number: 1))
        counter.come("b", 1)
        counter.queue.finished(after: 0.05)
        #expect(counter.serveAll().map(\.description) == ["b0", "c0", "a2", "b1"])
    }

    @Test("Nobody is lost: each is served once, or turned away once")
    func conservation() {
        var random = SystemRandomNumberGenerator()
        var counter = Counter(threads: 3, waiting: 16)
        var served: [Job] = []
        var busy = 0
        for number in 0..<20_000 {
            if Bool.random(using: &random) {
                // Some sources come far more often than others.
                counter.come("s\(Int.random(in: 0..<Int.random(in: 1...40, using: &random), using: &random))-", number)
            }
            if busy < 3, Int.random(in: 0..<4, using: &random) == 0, let job = counter.queue.next() {
                served.append(job)
                busy += 1
            }
            if busy > 0, Int.random(in: 0..<4, using: &random) == 0 {
                counter.queue.finished(after: 0.05)
                busy -= 1
            }
            #expect(counter.queue.count <= 19 - busy)
        }
        while let job = counter.queue.next() { served.append(job) }
        #expect(counter.queue.count == 0)
        let all = (served + counter.away).map(\.number)
        #expect(Set(all).count == all.count)
        #expect(!counter.away.isEmpty)
        // Within a source the order is kept.
        for (_, jobs) in Dictionary(grouping: served, by: \.source) {
            #expect(jobs.map(\.number) == jobs.map(\.number).sorted())
        }
    }

    @Test("The wait that is named follows how long a hash takes")
    func estimate() {
        var counter = Counter(threads: 2, waiting: 100)
        #expect(counter.queue.secondsToClear == 1)
        // 400 ms each, until that is what is expected.
        for number in 0..<200 {
            counter.come("a", number)
            _ = counter.queue.next()
            counter.queue.finished(after: 0.4)
        }
        for number in 0..<100 { counter.come("a", number) }
        #expect(counter.queue.secondsToClear == 20)
        _ = counter.serveAll()
        #expect(counter.queue.secondsToClear == 1)
    }
}
