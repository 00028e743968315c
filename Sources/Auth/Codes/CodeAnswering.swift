import CommandBus

extension AuthService {
    /// Takes an answer to a code in a unit of work, after a try was taken from the budgets of whoever answers.
    ///
    /// - Parameters:
    ///   - answerer: whose budgets. Not whoever's token happens to be sent along: strangers have sessions too.
    ///   - perform: the unit of work. A refusal that it returns is kept, with all that it has counted, and has cost the try;
    ///     what it throws is no wrong answer, and undoes everything.
    /// - Throws: ``Problem/Code/tooManyGuesses``, the refusal, or what the unit of work throws.
    func answering<Value: Sendable>(
        _ context: CommandContext, as answerer: GuessDesk.Answerer,
        _ perform: @escaping @Sendable (Work<Store.Transaction>) throws -> Result<Value, Problem>
    ) async throws -> Value {
        let guess = try await guesses.code(of: answerer, from: context.address, at: context.now)
        let answer: Result<Value, Problem>
        do {
            answer = try await runner.run(context, perform)
        } catch {
            await guess.wasRight()
            throw error
        }
        if case .success = answer { await guess.wasRight() }
        return try answer.get()
    }

    /// The address that somebody means who says a name.
    ///
    /// - Throws: ``Problem/Code/invalidInput`` at `/email`.
    func address(of name: SignInName) throws(Problem) -> EmailAddress {
        do throws(RuleViolation) {
            return try name.address(in: configuration.defaultDomain)
        } catch {
            throw .invalid("/email", error.detail)
        }
    }
}

extension Result where Failure == Problem {
    /// Goes on with a success; what `transform` throws ends the unit of work.
    func flatMapThrowing<New>(_ transform: (Success) throws -> New) throws -> Result<New, Problem> {
        switch self {
        case .success(let value): .success(try transform(value))
        case .failure(let problem): .failure(problem)
        }
    }
}
