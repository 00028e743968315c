import CommandBus
import Support
import Synchronization
import Testing

@Suite("A question to the store")
struct StoreProbeTests {
    private struct Refusal: Error {}

    private func kind(_ outcome: StoreProbe<Int>.Outcome) -> String {
        switch outcome {
        case .answered(let value): "answered \(value)"
        case .busy: "busy"
        case .failed: "failed"
        }
    }

    @Test("It tells an answer, a refusal and too much work apart")
    func outcomes() async {
        #expect(kind(await StoreProbe(deadline: .seconds(10)) { 7 }.outcome()) == "answered 7")
        #expect(kind(await StoreProbe(deadline: .seconds(10)) { () -> Int in throw Refusal() }.outcome()) == "failed")
        #expect(
            kind(await StoreProbe(deadline: .seconds(10)) { () -> Int in throw Problem.storeUnavailable }.outcome())
                == "failed"
        )
        #expect(kind(await StoreProbe(deadline: .seconds(10)) { () -> Int in throw Problem.storeBusy }.outcome()) == "busy")
    }

    @Test("One that is not answered in time has failed, and no other is asked until it is answered")
    func silence() async throws {
        let (gate, asked) = (Gate(), Tally())
        let probe = StoreProbe(
            deadline: .seconds(2), steady: HastyClock(),
            ask: { () -> Int in
                asked.add()
                await gate.passed()
                return asked.value
            }
        )
        for _ in 0..<3 { #expect(kind(await probe.outcome()) == "failed") }
        try await withDeadline(10, "the question") { while asked.value == 0 { await Task.yield() } }
        #expect(asked.value == 1)
        gate.open()
        // The late answer clears the way for the next question.
        try await withDeadline(10, "another question") {
            while asked.value < 2 { _ = await probe.outcome() }
        }
    }

    @Test("Whoever is cancelled goes on at once")
    func cancelled() async throws {
        let gate = Gate()
        let probe = StoreProbe(deadline: .seconds(3600)) { () -> Int in
            await gate.passed()
            return 1
        }
        let asking = Task { await probe.outcome() }
        asking.cancel()
        let outcome = try await withDeadline(10, "the end of a cancelled question") { await asking.value }
        #expect(kind(outcome) == "failed")
        gate.open()
        #expect(kind(await probe.outcome()) == "answered 1")
    }

    /// No wait lasts.
    private struct HastyClock: SteadyClock {
        func now() -> Duration { .zero }
        func sleep(for time: Duration) async throws {}
    }

    /// Shut until it is opened, once.
    private final class Gate: Sendable {
        private struct State {
            var isOpen = false
            var waiters: [CheckedContinuation<Void, Never>] = []
        }

        private let state = Mutex(State())

        func passed() async {
            await withCheckedContinuation { continuation in
                let isOpen = state.withLock { state in
                    if !state.isOpen { state.waiters.append(continuation) }
                    return state.isOpen
                }
                if isOpen { continuation.resume() }
            }
        }

        func open() {
            let waiters = state.withLock { state in
                state.isOpen = true
                defer { state.waiters = [] }
                return state.waiters
            }
            for waiter in waiters { waiter.resume() }
        }
    }
}
