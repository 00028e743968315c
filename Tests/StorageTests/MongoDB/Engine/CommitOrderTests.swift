import Foundation
import Support
import Testing

@testable import Storage

@Suite("The order of what follows on commits")
struct CommitOrderTests {
    @Test("an action waits for every earlier place, and they run in the order of the places")
    func order() {
        let (order, notes) = (CommitOrder(), Notes<Int>())
        let places = (0..<4).map { _ in order.take() }
        order.settle(places[3]) { notes.add(3) }
        order.settle(places[1]) { notes.add(1) }
        #expect(notes.all.isEmpty)
        order.settle(places[0]) { notes.add(0) }
        #expect(notes.all == [0, 1])
        // The commit at place 2 failed: its place is given up, and nothing waits for it any more.
        order.settle(places[2])
        #expect(notes.all == [0, 1, 3])
    }

    @Test("an action that settles another place does not run into itself")
    func nested() {
        let (order, notes) = (CommitOrder(), Notes<Int>())
        let (first, second) = (order.take(), order.take())
        order.settle(first) {
            order.settle(second) { notes.add(2) }
            notes.add(1)
        }
        #expect(notes.all == [1, 2])
    }
}

@Suite("Running alone")
struct ContentionGateTests {
    @Test("one that runs alone waits for the others, and they for it")
    func alone() async throws {
        let (gate, notes) = (ContentionGate(), Notes<String>())
        let (inside, mayLeave) = (Meeting(of: 2), Meeting(of: 2))
        let end = Date(timeIntervalSinceNow: 10)
        async let shared: Void = onThread {
            try gate.pass(alone: false, until: end) {
                try inside.join()
                try mayLeave.join()
                notes.add("shared ends")
            }
        }
        try await onThread { try inside.join() }
        // While another is inside, one that wants to be alone does not get in.
        #expect(gate.pass(alone: true, until: Date(timeIntervalSinceNow: 0.02)) { notes.add("too early") } == nil)
        async let alone: Void = onThread {
            _ = gate.pass(alone: true, until: end) { notes.add("alone") }
        }
        try await onThread { try mayLeave.join() }
        _ = try await (shared, alone)
        #expect(notes.all == ["shared ends", "alone"])
        // And afterwards the gate is open.
        #expect(gate.pass(alone: false, until: end) { true } == true)
    }

    @Test("one that can't be alone soon goes on beside the others, which don't wait for it any longer")
    func patience() async throws {
        let (gate, mayLeave) = (ContentionGate(), Meeting(of: 2))
        let end = Date(timeIntervalSinceNow: 10)
        let inside = Meeting(of: 2)
        async let long: Void = onThread {
            _ = try gate.pass(alone: false, until: end) {
                try inside.join()
                try mayLeave.join()
            }
        }
        try await onThread { try inside.join() }
        try await onThread { #expect(gate.pass(alone: true, until: end) { true } == true) }
        try await onThread { #expect(gate.pass(alone: false, until: end) { true } == true) }
        try await onThread { try mayLeave.join() }
        try await long
    }

    private func onThread(_ body: @escaping @Sendable () throws -> Void) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
        }
    }
}
