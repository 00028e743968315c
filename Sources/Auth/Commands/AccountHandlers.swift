package import CommandBus
import Cryptography

extension CommandRegistry where Store.Snapshot: AccountReads, Store.Transaction: AccountRecords {
    mutating func registerAccount(_ service: AuthService<Store>) {
        read(ShowAccount.self) { _, context, snapshot in
            let principal = try context.signedIn()
            guard let account = try snapshot.account(principal.account) else { throw Problem.notSignedIn }
            return try service.view(account, of: principal, in: snapshot)
        }
        write(UpdateAccount.self) { input, work in try service.updateAccount(input, in: work) }
        write(ChangeEmail.self) { input, work in try service.changeEmail(input, in: work) }
        answer(ConfirmEmail.self) { input, context in
            let session = try context.signedIn().session
            return try await service.answering(context, as: .session(session)) { work in
                try service.confirmEmail(input, in: work)
            }
        }
        write(
            ChangePassword.self,
            prepare: { input, context in try await service.preparePasswordChange(input, context) },
            perform: { input, change, work in
                try service.changePassword(change, remembers: input.remember == true, in: work)
            }
        )
        write(DeleteAccount.self) { input, work in try service.deleteOwnAccount(input, in: work) }
        registerDevices(service)
    }
}

extension AccountReads {
    /// Where the codes of an account's second factor come from.
    package func secondFactor(of account: AccountID) throws -> Factor {
        try authenticator(of: account)?.confirmedAt != nil ? .authenticator : .mail
    }
}

extension AuthService {
    /// What the owner of an account sees of it.
    package func view(_ account: Account, of session: Principal, in reads: some AccountReads) throws -> AccountView {
        AccountView(account, secondFactor: try reads.secondFactor(of: account.id), session: session)
    }

    /// The account of the caller, whose session lives still.
    func ownAccount(in work: Work<Store.Transaction>) throws -> Account {
        let principal = try work.caller()
        guard let account = try work.tx.account(principal.account) else { throw Problem.notSignedIn }
        return account
    }

    func updateAccount(_ input: UpdateAccount.Input, in work: Work<Store.Transaction>) throws -> AccountView {
        guard input.name != nil || input.rollNumber != nil else {
            throw Problem.invalid("", "must have a name or a roll number that is to be changed")
        }
        let before = try ownAccount(in: work)
        guard input.rollNumber == nil || before.role == .rider else {
            throw Problem.invalid("/rollNumber", "must not be there: only riders have a roll number")
        }
        let after = before.changed(name: input.name?.raw, rollNumber: input.rollNumber?.raw)
        if after != before {
            try work.tx.update(after)
            let changed = ChangedFields(from: before, to: after)
            try work.record("account.updated", subject: after.id.raw, changed)
            try auditOwn("account.update", of: before, changed: changed, in: work)
        }
        return try view(after, of: try work.context.signedIn(), in: work.tx)
    }

    /// Refuses an address that no rider may have.
    func checkDomain(of address: EmailAddress) throws(Problem) {
        guard configuration.accepts(address) else {
            let domains = configuration.registrationDomains.sorted().joined(separator: ", ")
            throw .invalid("/email", "must be an address of: \(domains)")
        }
    }

    func changeEmail(_ input: ChangeEmail.Input, in work: Work<Store.Transaction>) throws -> ChangeEmail.Output {
        let (account, principal) = (try ownAccount(in: work), try work.context.signedIn())
        let address = input.email
        guard address != account.email else { throw Problem.invalid("/email", "must not be the address of the account now") }
        if account.role == .rider { try checkDomain(of: address) }
        try stepUps.spend(.emailChange, in: work)
        let sent =
            if try work.tx.account(email: address) == nil {
                try codes.send(
                    .newAddress, to: address, account: account.id, session: principal.session, in: work
                ) { code in factors.letters.letter(with: code, for: .newAddress, to: address) }
            } else {
                // Whoever asks must not be told that there is such an account.
                try codes.sendDecoy(
                    .newAddress, to: address, session: principal.session, in: work,
                    letter: letters.newAddressTaken(to: address)
                )
            }
        return ChangeEmail.Output(challenge: sent.challenge.text, expiresAt: sent.expiresAt)
    }

    func confirmEmail(
        _ input: ConfirmEmail.Input, in work: Work<Store.Transaction>
    ) throws -> Result<AccountView, Problem> {
        let (account, principal) = (try ownAccount(in: work), try work.context.signedIn())
        return try codes.answer(
            input.challenge, for: .newAddress, with: input.code, session: principal.session, in: work
        ).flatMapThrowing { challenge in
            guard challenge.account == account.id else { throw Problem.codeExpired }
            // Somebody may have registered it since. Who comes this far reads its letters, and may know.
            guard try work.tx.account(email: challenge.address) == nil else { throw Problem.accountExists }
            let after = account.changed(email: challenge.address)
            try work.tx.update(after)
            work.send(letters.addressChanged(to: account.email))
            try work.record("account.updated", subject: after.id.raw, ChangedFields(.email))
            try auditOwn("account.email.confirm", of: account, changed: ChangedFields(.email), in: work)
            return try view(after, of: principal, in: work.tx)
        }
    }
}
