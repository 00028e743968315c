import Cryptography

/// How the store speaks to a MongoDB deployment.
package struct MongoOptions: Sendable, Unprintable {
    package enum ReadPreference: String, Sendable, CaseIterable {
        case primary, primaryPreferred, secondary, secondaryPreferred, nearest
    }

    /// A connection string; it may hold a password and is never logged. Hosts, TLS, credentials and the database (else
    /// `farebus`) are its own. Its concerns of reading and writing are not used, and its timeouts go before these.
    ///
    /// - SeeAlso: https://www.mongodb.com/docs/manual/reference/connection-string/
    package var uri: String
    /// How many units and reads may be under way at once; each has a thread and a connection.
    package var threads = 8
    /// How many may wait for a thread; more are turned away.
    package var maxWaiting = 4096
    /// How long a unit may wait and be tried, in seconds; what is under way by then is waited for.
    package var deadline = 10.0
    /// How long it may take to find a server, and to connect to it, in milliseconds.
    package var connectTimeout = 2000
    /// How long an answer of the server may take, in milliseconds.
    package var socketTimeout = 10_000
    /// How long a commit may wait for the majority until it is asked again, in milliseconds.
    package var commitTimeout = 5000
    /// How often a unit is tried in all.
    package var attempts = 12
    /// How often in all where a unique key stands in the way: after that it is a fault of the unit.
    package var duplicateKeyAttempts = 4
    /// How often a commit is asked for in all, while its outcome is unknown.
    package var commitAttempts = 5
    /// After how many conflicts a unit runs with no other of this process beside it.
    package var conflictsUntilAlone = 2
    /// The longest pause after the first failed try, in milliseconds; it doubles with each.
    package var firstPause = 4.0
    /// The longest pause between two tries, in milliseconds.
    package var longestPause = 400.0
    /// Where reports are read: they bear to be a little behind.
    package var reportReadPreference = ReadPreference.secondaryPreferred

    package init(uri: String) {
        self.uri = uri
    }
}
