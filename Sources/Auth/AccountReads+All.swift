package import CommandBus

extension AccountReads {
    /// All accounts of some roles, in the order of identifiers; for staff, of whom there are few.
    ///
    /// - Parameter state: nil for any.
    package func allAccounts(of roles: Set<Role>, state: AccountState? = nil) throws -> [Account] {
        var query = AccountQuery(roles: roles, state: state, limit: 200)
        var found: [Account] = []
        while true {
            let page = try accounts(query)
            found += page
            guard page.count == query.limit else { return found }
            query.after = page.last?.id
        }
    }
}
