package import CommandBus

extension AccountReads {
    /// Where the active staff of some roles can be written to about the inside of the service: the addresses of those who have
    /// set a password, and so shown that the mailbox is theirs. One that was mistyped when somebody was appointed may be a
    /// stranger's.
    package func reachableStaff(_ roles: Set<Role>) throws -> [EmailAddress] {
        var query = AccountQuery(roles: roles, state: .active, limit: 200)
        var found: [EmailAddress] = []
        while true {
            let page = try accounts(query)
            found += page.filter(\.hasPassword).map(\.email)
            guard page.count == query.limit else { return found.sorted { $0.raw < $1.raw } }
            query.after = page.last?.id
        }
    }
}
