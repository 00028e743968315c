import GRDB

/// Bookings.
enum BookingTables {
    static func create(_ db: Database) throws {
        try db.execute(
            sql: """
                CREATE TABLE bookings (
                    id TEXT PRIMARY KEY,
                    departure TEXT NOT NULL REFERENCES departures (id),
                    rider TEXT NOT NULL REFERENCES accounts (id),
                    state TEXT NOT NULL CHECK (state IN ('booked', 'boarded', 'no_show', 'cancelled')),
                    fare INTEGER NOT NULL CHECK (fare >= 0),
                    currency TEXT NOT NULL,
                    cutoff_minutes INTEGER NOT NULL,
                    refund_percent INTEGER NOT NULL CHECK (refund_percent BETWEEN 0 AND 100),
                    booked_at INTEGER NOT NULL,
                    charge TEXT REFERENCES journal (id),
                    cancelled_at INTEGER,
                    refund TEXT REFERENCES journal (id),
                    CHECK ((charge IS NULL) = (fare = 0)),
                    CHECK ((cancelled_at IS NULL) = (state <> 'cancelled')),
                    CHECK (refund IS NULL OR state = 'cancelled')
                ) STRICT, WITHOUT ROWID;

                -- The guard against a second live booking of a rider on a departure. It is also what a departure's seats are
                -- counted by, so that there need be no third index: each one is another page to write for every booking.
                CREATE UNIQUE INDEX live_bookings ON bookings (departure, rider) WHERE state <> 'cancelled';
                CREATE INDEX bookings_by_rider ON bookings (rider, id);
                """
        )
    }
}
