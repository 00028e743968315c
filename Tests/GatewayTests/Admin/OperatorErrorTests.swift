import Auth
import CommandBus
import Support
import Testing

@testable import Gateway

/// What an operator reads where a client would read a problem.
@Suite
struct OperatorErrorTests {
    @Test(
        "A problem is a sentence, and speaks of no keys",
        arguments: [
            Problem.storeUnavailable, .storeBusy, .internalError, .invalid("/name", "must have 1 to 80 characters"),
            Problem(.accountExists, "There is one already."),
        ]
    )
    func problems(problem: Problem) async throws {
        let refusal = await #expect(throws: Refusal.self) {
            try await OperatorErrors.refusing { throw problem }
        }
        let text = try #require(refusal?.description)
        #expect(!text.contains("idempotency") && !text.contains("Problem"))
        if problem.code == .invalidInput { #expect(text == "/name must have 1 to 80 characters") }
        if problem.code == .accountExists { #expect(text == "There is one already.") }
    }
}
