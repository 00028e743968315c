import CMongocShims
import CommandBus

/// What an error means for the unit of work that met it.
///
/// Labels decide before codes, as the specification of transactions asks.
///
/// - SeeAlso: https://github.com/mongodb/specifications/blob/master/source/transactions/transactions.md#error-reporting-changes
enum MongoFault: String, Sendable, CaseIterable {
    /// Another transaction was faster. Nothing was done; run the whole unit again.
    case conflict
    /// A unique key was taken meanwhile, or a rule is missing that would have looked. Nothing was done; run it again, and
    /// the rule of the domain sees it.
    case duplicateKey = "duplicate_key"
    /// The server went away or changed its part in the set. Nothing was done; another try may find the next primary.
    case interrupted
    /// There is no server to be found, and libmongoc has looked for as long as it may; or it does not let us in. Nothing
    /// was done.
    case unreachable
    /// It is not known whether the commit was done. Only the commit may be asked again.
    case unknownCommit = "unknown_commit"
    /// Nothing was done, and another try would come to the same.
    case fatal

    /// What the caller is told where no other try follows.
    func givenUp(_ error: MongoError) -> any Error {
        switch self {
        case .conflict: Problem.storeBusy
        case .interrupted, .unreachable, .unknownCommit: Problem.storeUnavailable
        case .duplicateKey, .fatal: error
        }
    }
}

extension MongoError {
    /// What an error of a read or a write inside a transaction means. None of them leaves anything done.
    var fault: MongoFault {
        switch domain {
        case .driver(let number):
            if number == Int(farebus_mongo_domain_server_selection()) || isAuthentication { return .unreachable }
            return Self.connectionDomains.contains(number) || isTransient || isInvalidatedServer ? .interrupted : .fatal
        case .server, .writeConcern:
            if code == Code.duplicateKey { return .duplicateKey }
            if Code.conflicts.contains(code) { return .conflict }
            if Code.interruptions.contains(code) { return .interrupted }
            if code == Code.authenticationFailed { return .unreachable }
            return isTransient ? .conflict : .fatal
        }
    }

    /// What an error of a commit means.
    ///
    /// A refusal that is known to come before anything is done means just that. Any other may have met a commit that was
    /// done, as libmongoc itself asks twice: run again, the unit could be done twice, so the commit is asked again instead.
    ///
    /// - Parameter wasUnknown: whether an earlier answer to the same commit was lost. After that only the label says for
    ///   certain that nothing was done.
    func commitFault(wasUnknown: Bool) -> MongoFault {
        if labels.contains(Label.unknownCommit) { return .unknownCommit }
        if isTransient { return fault == .interrupted ? .interrupted : .conflict }
        guard !wasUnknown, domain == .server, !Code.interruptions.contains(code) else { return .unknownCommit }
        switch code {
        case Code.duplicateKey: return .duplicateKey
        case Code.illegalOperation, Code.notSupportedInTransaction: return .fatal
        default: return Code.refusedCommits.contains(code) ? .conflict : .unknownCommit
        }
    }

    /// Whether the server has no transactions at all.
    var meansNoTransactions: Bool {
        code == Code.illegalOperation || code == Code.notSupportedInTransaction || code == Code.noSuchCommand
            || domain == .driver(Int(farebus_mongo_domain_transaction()))
    }

    /// Whether the names of a `mongodb+srv` URI could not be looked up: of STREAM, before there is any stream.
    var isOfNames: Bool { domain == .driver(2) }

    private var isTransient: Bool { labels.contains(Label.transient) }

    /// libmongoc's word for a server that was lost between being chosen and being asked; it has no code of its own.
    private var isInvalidatedServer: Bool { message.contains("invalidated server") }

    private enum Label {
        static let transient = "TransientTransactionError"
        static let unknownCommit = "UnknownTransactionCommitResult"
    }

    /// Whether libmongoc could not sign in: SASL, SCRAM, or of CLIENT the code AUTHENTICATE.
    private var isAuthentication: Bool {
        domain == .driver(7) || domain == .driver(14) || domain == .driver(1) && code == 11
    }

    /// Of mongoc_error_domain_t: CLIENT, STREAM, PROTOCOL and POOL.
    private static let connectionDomains: Set<Int> = [1, 2, 3, 20]

    /// - SeeAlso: https://github.com/mongodb/mongo/blob/master/src/mongo/base/error_codes.yml
    enum Code {
        static let duplicateKey = 11000
        static let authenticationFailed = 18
        static let illegalOperation = 20
        static let indexNotFound = 27
        static let noSuchCommand = 59
        static let notSupportedInTransaction = 263

        /// LockTimeout, WriteConflict, TransactionTooOld, SnapshotTooOld, SnapshotUnavailable, NoSuchTransaction,
        /// TransactionExceededLifetimeLimitSeconds, PreparedTransactionInProgress.
        static let conflicts: Set<Int> = [24, 112, 225, 239, 246, 251, 290, 267]
        /// These, and what servers that only speak the protocol say of a conflict: ProtocolError, or no code at all.
        static let refusedCommits = conflicts.union([0, 17])
        /// HostUnreachable, HostNotFound, NetworkTimeout, ShutdownInProgress, PrimarySteppedDown, ExceededTimeLimit,
        /// MaxTimeMSExpired, SocketException, NotWritablePrimary, Interrupted…, NotPrimary…
        static let interruptions: Set<Int> = [
            6, 7, 50, 89, 91, 134, 189, 262, 9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436,
        ]
    }
}
