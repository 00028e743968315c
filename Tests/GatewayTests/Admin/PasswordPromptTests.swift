import Foundation
import Support
import Synchronization
import Testing

@testable import Gateway

/// How the password of a god admin is asked for at a terminal.
@Suite(.serialized)
struct PasswordPromptTests {
    @Test("It is asked for twice, and never shown", .timeLimit(.minutes(1)))
    func hidden() async throws {
        let terminal = try PseudoTerminal()
        let answer = terminal.asked()
        try await terminal.waits(for: "Password: ")
        try terminal.type("violet-harbour-tram-27\n")
        try await terminal.waits(for: "again: ")
        try terminal.type("violet-harbour-tram-27\n")
        #expect(try await answer.value == "violet-harbour-tram-27")
        #expect(!terminal.seen.contains("violet"), "the terminal shows what is typed")
        // A control: afterwards the terminal shows again what is typed.
        try terminal.type("visible\n")
        try await terminal.waits(for: "visible")
    }

    @Test("Two passwords that differ are refused", .timeLimit(.minutes(1)))
    func different() async throws {
        let terminal = try PseudoTerminal()
        let answer = terminal.asked()
        try await terminal.waits(for: "Password: ")
        try terminal.type("violet-harbour-tram-27\n")
        try await terminal.waits(for: "again: ")
        try terminal.type("violet-harbour-tram-28\n")
        await #expect(throws: Refusal.self) { _ = try await answer.value }
    }

    @Test("Who goes away is not waited for", .timeLimit(.minutes(1)))
    func endOfInput() async throws {
        let terminal = try PseudoTerminal()
        let answer = terminal.asked()
        try await terminal.waits(for: "Password: ")
        // Control-D on an empty line.
        try terminal.type("\u{4}")
        await #expect(throws: Refusal.self) { _ = try await answer.value }
    }

    @Test("Ctrl-C cancels at once, and leaves a terminal that shows what is typed", .timeLimit(.minutes(1)))
    func cancelled() async throws {
        for typed in ["\u{3}", "violet-har\u{3}"] {
            let terminal = try PseudoTerminal()
            let answer = terminal.asked()
            try await terminal.waits(for: "Password: ")
            // Nobody presses the return key.
            try terminal.type(typed)
            await #expect(throws: PromptCancelled.self) { _ = try await answer.value }
            #expect(!terminal.seen.contains("violet"))
            try terminal.type("visible\n")
            try await terminal.waits(for: "visible")
        }
    }

    @Test("Also where it is asked for again", .timeLimit(.minutes(1)))
    func cancelledLater() async throws {
        let terminal = try PseudoTerminal()
        let answer = terminal.asked()
        try await terminal.waits(for: "Password: ")
        try terminal.type("violet-harbour-tram-27\n")
        try await terminal.waits(for: "again: ")
        try terminal.type("\u{3}")
        await #expect(throws: PromptCancelled.self) { _ = try await answer.value }
    }

    @Test("The command ends then as one that SIGINT has ended")
    func exitStatus() async throws {
        let error = await #expect(throws: (any Error).self) {
            try await AdminPrompt.cancellable { throw PromptCancelled() }
        }
        #expect(error.map { "\($0)" }?.contains("130") == true)
        #expect(try await AdminPrompt.cancellable { "a password" } == "a password")
    }

    @Test("What is no terminal is not asked", .timeLimit(.minutes(1)))
    func noTerminal() async throws {
        let descriptor = open("/dev/null", O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        #expect(throws: Refusal.self) { try PasswordPrompt(terminal: descriptor).askTwice() }
    }
}

/// A terminal with a test in the place of the person.
private final class PseudoTerminal: Sendable {
    /// What a program sees.
    let inner: Int32
    private let outer: Int32
    private let output = Screen()

    init() throws {
        var (outer, inner): (Int32, Int32) = (-1, -1)
        guard openpty(&outer, &inner, nil, nil, nil) == 0 else { throw NoTerminal(code: errno) }
        (self.outer, self.inner) = (outer, inner)
    }

    deinit {
        close(inner)
        close(outer)
    }

    struct NoTerminal: Error {
        let code: Int32
    }

    /// Has the program ask for a password.
    func asked() -> Task<String, any Error> {
        Task { try await OffPool.value { try PasswordPrompt(terminal: self.inner).askTwice() } }
    }

    /// All that the person has seen so far.
    var seen: String { output.text }

    struct NotSeen: Error {
        let text: String
    }

    func type(_ text: String) throws {
        let bytes = Array(text.utf8)
        let count = bytes.withUnsafeBytes { write(outer, $0.baseAddress, $0.count) }
        guard count == bytes.count else { throw NoTerminal(code: errno) }
    }

    /// Looks at the screen until it shows a text.
    func waits(for text: String) async throws {
        let (outer, output) = (outer, output)
        try await OffPool.run {
            let end = ContinuousClock.now + .seconds(20)
            while !output.text.contains(text) {
                guard ContinuousClock.now < end else { throw NotSeen(text: text) }
                var wanted = pollfd(fd: outer, events: Int16(POLLIN), revents: 0)
                guard poll(&wanted, 1, 500) == 1 else { continue }
                var bytes = [UInt8](repeating: 0, count: 1024)
                let count = read(outer, &bytes, bytes.count)
                guard count > 0 else { throw NoTerminal(code: errno) }
                output.append(bytes.prefix(count))
            }
        }
    }
}

/// What a terminal has shown.
private final class Screen: Sendable {
    private let bytes = Mutex<[UInt8]>([])

    var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

    func append(_ more: ArraySlice<UInt8>) {
        bytes.withLock { $0 += more }
    }
}
