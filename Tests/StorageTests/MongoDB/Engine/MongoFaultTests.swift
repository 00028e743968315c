import Testing

@testable import Storage

@Suite("What an error of MongoDB means")
struct MongoFaultTests {
    private func error(
        _ domain: MongoError.Domain, _ code: Int, _ labels: String...
    ) -> MongoError {
        MongoError(domain: domain, code: code, message: "text", labels: labels)
    }

    private static let transient = "TransientTransactionError"
    private static let unknown = "UnknownTransactionCommitResult"

    @Test("inside a transaction: conflicts and losses are tried again, faults are not")
    func statements() {
        #expect(error(.server, 112).fault == .conflict)
        #expect(error(.server, 112, Self.transient).fault == .conflict)
        #expect(error(.server, 251).fault == .conflict)
        #expect(error(.server, 4711, Self.transient).fault == .conflict)
        #expect(error(.server, 11000).fault == .duplicateKey)
        #expect(error(.server, 10107, Self.transient).fault == .interrupted)
        #expect(error(.driver(2), 4, Self.transient).fault == .interrupted)
        #expect(error(.driver(15), 13053).fault == .unreachable)
        #expect(error(.server, 18).fault == .unreachable)
        #expect(error(.driver(1), 11).fault == .unreachable)
        #expect(error(.server, 121).fault == .fatal)
        #expect(error(.server, 9).fault == .fatal)
    }

    @Test("the key that the server quotes does not get into a log")
    func quotedKey() {
        let text = #"E11000 duplicate key error collection: f.accounts index: accounts_by_email dup key: { email: "a@b.c" }"#
        let error = MongoError(domain: .server, code: 11000, message: text)
        #expect(error.description.hasSuffix("index: accounts_by_email"))
    }

    @Test("a commit that was plainly refused has done nothing")
    func refusedCommits() {
        #expect(error(.server, 112, Self.transient).commitFault(wasUnknown: false) == .conflict)
        #expect(error(.server, 17).commitFault(wasUnknown: false) == .conflict)
        #expect(error(.server, 0).commitFault(wasUnknown: false) == .conflict)
        #expect(error(.server, 251).commitFault(wasUnknown: false) == .conflict)
        #expect(error(.server, 11000).commitFault(wasUnknown: false) == .duplicateKey)
        #expect(error(.server, 20).commitFault(wasUnknown: false) == .fatal)
    }

    @Test("a commit whose answer was lost, or that no majority has, is unknown")
    func unknownCommits() {
        #expect(error(.driver(2), 4, Self.unknown).commitFault(wasUnknown: false) == .unknownCommit)
        #expect(error(.driver(2), 4).commitFault(wasUnknown: false) == .unknownCommit)
        #expect(error(.driver(15), 13053, Self.unknown).commitFault(wasUnknown: false) == .unknownCommit)
        #expect(error(.server, 50, Self.unknown).commitFault(wasUnknown: false) == .unknownCommit)
        #expect(error(.server, 11602).commitFault(wasUnknown: false) == .unknownCommit)
        // InternalError, KeyNotFound, OperationFailed: nothing says that they came before the commit was done.
        for code in [1, 96, 211] { #expect(error(.server, code).commitFault(wasUnknown: false) == .unknownCommit) }
        #expect(error(.writeConcern, 64).commitFault(wasUnknown: false) == .unknownCommit)
        #expect(error(.writeConcern, 100).commitFault(wasUnknown: false) == .unknownCommit)
    }

    @Test("once a commit was unknown, only the label says that nothing was done")
    func afterUnknown() {
        #expect(error(.server, 251, Self.transient).commitFault(wasUnknown: true) == .conflict)
        #expect(error(.server, 251).commitFault(wasUnknown: true) == .unknownCommit)
        #expect(error(.server, 17).commitFault(wasUnknown: true) == .unknownCommit)
        #expect(error(.server, 11000).commitFault(wasUnknown: true) == .unknownCommit)
    }
}
