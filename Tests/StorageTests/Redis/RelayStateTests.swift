import CommandBus
import Testing

@testable import Storage

@Suite("What a relay decides")
struct RelayStateTests {
    private var state = RelayState(localEpoch: "local", now: .zero)
    private var now: Duration = .zero

    private static func place(_ number: UInt64, _ sequence: UInt64? = nil, of epoch: String = "e1") -> RelayPlace {
        RelayPlace(position: FeedPosition(epoch: epoch, sequence: sequence ?? number), number: number)
    }

    private static func resync(_ place: RelayPlace, _ reason: FeedGap) -> [RelayState.Action] {
        [.resync(at: place.position, reason: reason)]
    }

    /// Redis is asked and answers at once.
    private mutating func check(_ place: RelayPlace) -> [RelayState.Action] {
        state.checked(place, state.beginCheck(), now: now)
    }

    /// A message with one change unless told otherwise.
    private mutating func hear(_ place: RelayPlace, changes: Int? = 1) -> [RelayState.Action] {
        state.message(place, changes: changes, now: now)
    }

    /// Listens, and follows from a place on.
    private mutating func follow(from place: RelayPlace) {
        _ = state.listening()
        _ = check(place)
    }

    /// The new epoch that is ordered after a failure.
    private mutating func orderedRenewal(_ place: RelayPlace) throws -> RelayState.Renewal {
        let actions = check(place)
        guard case .renew(let renewal)? = actions.first, actions.count == 1 else { throw Unexpected(actions: actions) }
        return renewal
    }

    private struct Unexpected: Error {
        let actions: [RelayState.Action]
    }

    // MARK: - Following

    @Test("At the beginning the store is read at the place that Redis tells after listening has begun")
    mutating func beginning() {
        #expect(state.listening() == [.check])
        #expect(!state.isFollowing)
        #expect(check(Self.place(7, 40)) == Self.resync(Self.place(7, 40), .otherEpoch))
        #expect(state.isFollowing)
        #expect(state.following == Self.place(7, 40))
    }

    @Test("Messages that continue each other are applied, or only told if nothing changed")
    mutating func continuing() {
        follow(from: Self.place(7, 40))
        #expect(hear(Self.place(8, 43), changes: 3) == [.apply])
        #expect(hear(Self.place(9, 43), changes: 0) == [])
        #expect(hear(Self.place(10, 44)) == [.apply])
        #expect(state.following == Self.place(10, 44))
    }

    @Test("What was read already is not applied again")
    mutating func repeats() {
        follow(from: Self.place(7))
        for number in 5...7 { #expect(hear(Self.place(UInt64(number))) == []) }
        #expect(hear(Self.place(8)) == [.apply])
    }

    @Test("A message is missing: the store is read anew, and the next ones are applied")
    mutating func missing() {
        follow(from: Self.place(7))
        #expect(hear(Self.place(9)) == Self.resync(Self.place(9), .missed))
        #expect(hear(Self.place(8)) == [])
        #expect(hear(Self.place(10)) == [.apply])
    }

    @Test("A message without changes is missed too")
    mutating func missingNews() {
        follow(from: Self.place(7, 40))
        #expect(hear(Self.place(9, 41)) == Self.resync(Self.place(9, 41), .missed))
    }

    @Test("A number that does not fit its changes, or changes that nobody can read, are a break")
    mutating func misfits() {
        follow(from: Self.place(7, 40))
        #expect(hear(Self.place(8, 43), changes: 2) == Self.resync(Self.place(8, 43), .missed))
        #expect(hear(Self.place(9, 44), changes: nil) == Self.resync(Self.place(9, 44), .missed))
        #expect(hear(Self.place(10, 45)) == [.apply])
    }

    @Test("Another epoch: the store is read anew; late messages of the old one only make it ask")
    mutating func otherEpoch() {
        follow(from: Self.place(7))
        #expect(hear(Self.place(0, of: "e2"), changes: 0) == Self.resync(Self.place(0, of: "e2"), .otherEpoch))
        #expect(hear(Self.place(8)) == [.check])
        #expect(hear(Self.place(1, of: "e2")) == [.apply])
        #expect(state.following == Self.place(1, of: "e2"))
    }

    @Test("Every loss of one message of a hundred is noticed", arguments: 1...99)
    mutating func everyLoss(lost: Int) {
        follow(from: Self.place(0))
        var resyncs = 0
        for number in 1...100 where number != lost {
            if hear(Self.place(UInt64(number))) != [.apply] { resyncs += 1 }
        }
        #expect(resyncs == 1)
    }

    // MARK: - Losing and regaining the connection

    @Test("Listening again, and nothing was missed: nothing is read")
    mutating func nothingMissed() {
        follow(from: Self.place(7))
        state.lost()
        #expect(!state.isFollowing)
        #expect(state.listening() == [.check])
        #expect(check(Self.place(7)) == [])
        #expect(state.isFollowing)
        #expect(hear(Self.place(8)) == [.apply])
    }

    @Test("Listening again, and something was missed: the store is read at once")
    mutating func somethingMissed() {
        follow(from: Self.place(7))
        state.lost()
        _ = state.listening()
        #expect(check(Self.place(8, 7)) == Self.resync(Self.place(8, 7), .missed))
    }

    @Test("An answer to a question from before listening began proves nothing")
    mutating func oldAnswer() {
        follow(from: Self.place(7))
        state.lost()
        let early = state.beginCheck()
        _ = state.listening()
        #expect(state.checked(Self.place(7), early, now: now) == [.check])
        #expect(!state.isFollowing)
        #expect(check(Self.place(8)) == Self.resync(Self.place(8), .missed))
    }

    @Test("While nothing is listened to, answers change nothing")
    mutating func deaf() {
        follow(from: Self.place(7))
        state.lost()
        #expect(check(Self.place(9)) == [])
        #expect(state.following == Self.place(7))
    }

    // MARK: - The last message lost

    @Test("A message that has not come a second after its number was seen is missed")
    mutating func lostTail() {
        follow(from: Self.place(7))
        #expect(check(Self.place(8)) == [])
        now = .milliseconds(999)
        #expect(check(Self.place(8)) == [])
        now = .seconds(1)
        #expect(check(Self.place(9)) == Self.resync(Self.place(9), .missed))
    }

    @Test("One that comes in time is not, however many follow it")
    mutating func lateTail() {
        follow(from: Self.place(0))
        for round in 1...20 {
            now = .seconds(round)
            // Redis is always a message ahead.
            #expect(check(Self.place(UInt64(round) + 1)) == [])
            if round == 1 { #expect(hear(Self.place(1)) == [.apply]) }
            #expect(hear(Self.place(UInt64(round) + 1)) == [.apply])
            #expect(!state.tick(now: now).contains { if case .resync = $0 { true } else { false } })
        }
    }

    @Test("An answer that a message has overtaken is no step back")
    mutating func overtakenAnswer() {
        follow(from: Self.place(7))
        let check = state.beginCheck()
        _ = hear(Self.place(8))
        #expect(state.checked(Self.place(7), check, now: now) == [])
        #expect(state.following == Self.place(8))
    }

    // MARK: - What could not be told

    @Test("A failure to tell begins a new epoch, and every instance reads the store anew")
    mutating func failure() throws {
        follow(from: Self.place(7))
        #expect(state.relayFailed() == [.check])
        #expect(!state.isFollowing)
        let renewal = try orderedRenewal(Self.place(7))
        #expect(renewal.epoch == "e1")
        #expect(hear(Self.place(0, of: "e2"), changes: 0) == Self.resync(Self.place(0, of: "e2"), .otherEpoch))
        #expect(state.renewed(renewal) == [.check])
        #expect(check(Self.place(0, of: "e2")) == [])
        #expect(state.isFollowing)
    }

    @Test("An epoch that was asked for before the failure is asked for again")
    mutating func failureDuringCheck() throws {
        follow(from: Self.place(7))
        let early = state.beginCheck()
        _ = state.relayFailed()
        #expect(state.checked(Self.place(7), early, now: now) == [.check])
        #expect(try orderedRenewal(Self.place(7)).epoch == "e1")
    }

    @Test("A new epoch from before the failure does not make up for it")
    mutating func epochBeforeFailure() throws {
        follow(from: Self.place(7))
        _ = state.relayFailed()
        // Another instance began it before the news were committed: whoever read the store then did not find them.
        _ = hear(Self.place(0, of: "e2"), changes: 0)
        #expect(try orderedRenewal(Self.place(0, of: "e2")).epoch == "e2")
    }

    @Test("A failure while a new epoch is being made wants another one")
    mutating func failureDuringRenewal() throws {
        follow(from: Self.place(7))
        _ = state.relayFailed()
        let renewal = try orderedRenewal(Self.place(7))
        _ = state.relayFailed()
        #expect(state.renewed(renewal) == [.check])
        #expect(!state.isFollowing)
        now = .seconds(1)
        #expect(try orderedRenewal(Self.place(0, of: "e2")).epoch == "e2")
    }

    @Test("Failures in a row don't make an epoch each: every one costs all instances a reading")
    mutating func manyFailures() throws {
        follow(from: Self.place(7))
        var epochs = 0
        for step in 0..<100 {
            now = .milliseconds(step * 20)
            _ = state.relayFailed()
            let actions = check(Self.place(0, of: "n\(epochs)"))
            guard case .renew(let renewal)? = actions.first else { continue }
            epochs += 1
            _ = state.renewed(renewal)
        }
        #expect(epochs == 4)
        #expect(state.hasUntold)
    }

    // MARK: - What may have been done

    @Test("A doubt begins a new epoch, not before it has come out what was done")
    mutating func doubt() throws {
        follow(from: Self.place(7))
        state.doubted(now: .zero)
        #expect(state.owesNews && !state.hasUntold)
        for second in 1...5 {
            now = .seconds(second)
            #expect(state.tick(now: now) == [.check])
            #expect(check(Self.place(7)) == [])
        }
        now = .seconds(6)
        #expect(state.tick(now: now) == [.check])
        let renewal = try orderedRenewal(Self.place(7))
        _ = hear(Self.place(0, of: "e2"), changes: 0)
        _ = state.renewed(renewal)
        #expect(!state.hasUntold)
    }

    @Test("Whoever has lost Redis leaves word in the store, once for whatever could not be told so far")
    mutating func word() throws {
        follow(from: Self.place(7))
        _ = state.relayFailed()
        _ = state.relayFailed()
        #expect(state.tick(now: .seconds(4)) == [.check])
        for (second, leaves) in [(5, true), (10, false), (15, true)] {
            if second == 15 { _ = state.relayFailed() }
            let actions = state.tick(now: .seconds(second))
            #expect(actions.contains(.leaveWord) == leaves)
        }
        // It is no way to be sure that all have heard: the new epoch is due all the same.
        now = .seconds(16)
        _ = try orderedRenewal(Self.place(7))
    }

    @Test("A new epoch that could not be made is ordered until it is")
    mutating func renewalFails() throws {
        follow(from: Self.place(7))
        _ = state.relayFailed()
        for _ in 0..<3 { _ = try orderedRenewal(Self.place(7)) }
    }

    // MARK: - A numbering that was set back

    @Test("Redis is at an epoch that had ended: a new one is begun")
    mutating func retiredEpoch() throws {
        follow(from: Self.place(7))
        _ = hear(Self.place(0, of: "e2"), changes: 0)
        #expect(try orderedRenewal(Self.place(5)).epoch == "e1")
        #expect(hear(Self.place(0, of: "e3"), changes: 0) == Self.resync(Self.place(0, of: "e3"), .otherEpoch))
    }

    @Test("An epoch that was left for an outage only is no ended one")
    mutating func sameEpochAfterOutage() {
        follow(from: Self.place(7))
        state.lost()
        now = .seconds(5)
        _ = state.tick(now: now)
        _ = state.listening()
        #expect(check(Self.place(9)) == Self.resync(Self.place(9), .otherEpoch))
        #expect(hear(Self.place(10)) == [.apply])
    }

    @Test("A question carries where this instance is, so that Redis can tell that it was set back")
    mutating func known() {
        #expect(state.beginCheck().known == nil)
        follow(from: Self.place(7))
        #expect(state.beginCheck().known == Self.place(7))
    }

    // MARK: - While Redis is away

    @Test("Feeds are read anew whenever they would become too old, each time at a new position")
    mutating func outage() {
        follow(from: Self.place(7))
        state.lost()
        var readings: [RelayState.Action] = []
        for second in 1...16 {
            now = .seconds(second)
            let actions = state.tick(now: now)
            #expect(actions.last == .check)
            readings += actions.dropLast()
        }
        #expect(
            readings == (1...3).map { .resync(at: FeedPosition(epoch: "local", sequence: $0), reason: .missed) }
        )
        #expect(!state.isFollowing)
    }

    @Test("So are those of an instance that has never heard a Redis")
    mutating func neverConnected() {
        #expect(state.tick(now: .seconds(4)) == [.check])
        #expect(state.tick(now: .seconds(5)).count == 2)
    }

    @Test("So are those of an instance that hears, but gets no answers: what it could not tell is not heard by itself")
    mutating func halfAway() {
        follow(from: Self.place(0))
        _ = state.relayFailed()
        for second in 1...4 {
            now = .seconds(second)
            #expect(hear(Self.place(UInt64(second))) == [.apply])
            #expect(state.tick(now: now) == [.check])
        }
        #expect(state.tick(now: .seconds(5)).count == 3)
    }

    @Test("Back again, they follow from the shared place on")
    mutating func afterOutage() {
        follow(from: Self.place(7))
        state.lost()
        now = .seconds(5)
        _ = state.tick(now: now)
        #expect(state.following == nil)
        _ = state.listening()
        #expect(check(Self.place(7)) == Self.resync(Self.place(7), .otherEpoch))
        #expect(state.isFollowing)
        now = .seconds(9)
        #expect(state.tick(now: now) == [.check])
    }

    @Test("As long as nothing is missing nothing is read")
    mutating func quiet() {
        follow(from: Self.place(7))
        for second in 1...60 {
            now = .seconds(second)
            #expect(state.tick(now: now) == [.check])
            #expect(check(Self.place(7)) == [])
        }
    }
}
