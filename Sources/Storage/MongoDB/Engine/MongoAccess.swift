/// What a snapshot and a transaction have in common: a session to read through.
///
/// The reads of a feature are written once, as an extension of this, and serve both.
package protocol MongoReads {
    var session: MongoSession { get }
}

/// A consistent view of the database for reading.
package struct MongoSnapshot: MongoReads {
    package let session: MongoSession
}

/// One unit of work inside a transaction of its own.
package struct MongoTransaction: MongoReads {
    package let session: MongoSession
}
