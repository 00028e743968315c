import CommandBus
import Cryptography

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerStepUps(_ service: AuthService<Store>) {
        write(StartStepUp.self) { input, work in try service.startStepUp(input, in: work) }
        answer(VerifyStepUp.self) { input, context in
            let principal = try context.signedIn()
            try service.checkMayStepUp(principal)
            return try await service.answering(context, as: .session(principal.session)) { work in
                try service.verifyStepUp(input, in: work)
            }
        }
    }
}

extension AuthService {
    func startStepUp(_ input: StartStepUp.Input, in work: Work<Store.Transaction>) throws -> StartStepUp.Output {
        let principal = try work.context.signedIn()
        try checkMayStepUp(principal)
        guard input.purpose.isOpen(to: principal.role) else {
            throw Problem(.notAllowed, "Your role has no command that asks for this step-up.")
        }
        let account = try ownAccount(in: work)
        let asked = try factors.ask(input.purpose.codes, of: account, session: principal.session, in: work)
        return StartStepUp.Output(challenge: asked.challenge.text, factor: asked.factor, expiresAt: asked.expiresAt)
    }

    func verifyStepUp(
        _ input: VerifyStepUp.Input, in work: Work<Store.Transaction>
    ) throws -> Result<VerifyStepUp.Output, Problem> {
        let principal = try work.caller()
        // The challenge knows what it is for, so that nobody can have one code count for something else.
        guard let asked = try work.tx.challenge(token: input.challenge.digest),
            let purpose = StepUpPurpose(passedBy: asked.purpose), asked.account == principal.account
        else { throw Problem.codeExpired }
        return try factors.answer(
            input.challenge, for: asked.purpose, with: input.code, session: principal.session, in: work
        ).flatMapThrowing { _ in
            VerifyStepUp.Output(purpose: purpose, expiresAt: try stepUps.grant(purpose, to: principal, in: work))
        }
    }

    /// Staff step up in maintenance; riders find their commands shut, and so this one.
    func checkMayStepUp(_ principal: Principal) throws(Problem) {
        let state = maintenance.current
        if state.on, principal.role == .rider { throw .maintenance(state) }
    }
}
