package import CommandBus

extension AccountReads {
    /// Where the active staff of some roles can be written to about the inside of the service: the addresses of those who have
    /// set a password, and so shown that the mailbox is theirs. One that was mistyped when somebody was appointed may be a
    /// stranger's.
    package func reachableStaff(_ roles: Set<Role>) throws -> [EmailAddress] {
        try allAccounts(of: roles, state: .active).filter(\.hasPassword).map(\.email).sorted { $0.raw < $1.raw }
    }
}
