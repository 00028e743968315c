import GRDB

/// Routes, stops, calendars, buses, their departures, and the log of imports.
enum TimetableTables {
    static func create(_ db: Database) throws {
        try db.execute(sql: timetable)
        try db.execute(sql: departures)
        try db.execute(sql: imports)
    }

    private static let timetable = """
        CREATE TABLE routes (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            short_name TEXT
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE stops (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            latitude REAL CHECK (latitude BETWEEN -90 AND 90),
            longitude REAL CHECK (longitude BETWEEN -180 AND 180),
            CHECK ((latitude IS NULL) = (longitude IS NULL))
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE services (
            id TEXT PRIMARY KEY
        ) STRICT, WITHOUT ROWID;

        -- Bit 0 of days is Monday.
        CREATE TABLE service_periods (
            service TEXT NOT NULL REFERENCES services (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            first_date TEXT NOT NULL,
            last_date TEXT NOT NULL,
            days INTEGER NOT NULL CHECK (days BETWEEN 0 AND 127),
            PRIMARY KEY (service, position)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE service_exceptions (
            service TEXT NOT NULL REFERENCES services (id) ON DELETE CASCADE,
            date TEXT NOT NULL,
            runs INTEGER NOT NULL CHECK (runs IN (0, 1)),
            PRIMARY KEY (service, date)
        ) STRICT, WITHOUT ROWID;

        -- leaves is the departure of the first stop, in seconds since noon minus 12 hours.
        CREATE TABLE buses (
            id TEXT PRIMARY KEY,
            route TEXT NOT NULL REFERENCES routes (id),
            direction TEXT NOT NULL CHECK (direction IN ('outbound', 'inbound')),
            headsign TEXT,
            from_stop TEXT NOT NULL REFERENCES stops (id),
            to_stop TEXT NOT NULL REFERENCES stops (id),
            leaves INTEGER NOT NULL CHECK (leaves >= 0),
            service TEXT NOT NULL REFERENCES services (id),
            capacity INTEGER NOT NULL CHECK (capacity >= 0),
            fare_amount INTEGER NOT NULL CHECK (fare_amount >= 0),
            fare_currency TEXT NOT NULL,
            zone TEXT NOT NULL,
            origin TEXT NOT NULL CHECK (origin IN ('imported', 'staff')),
            ended_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX buses_by_service ON buses (service);
        CREATE INDEX buses_by_route ON buses (route);

        CREATE TABLE bus_stops (
            bus TEXT NOT NULL REFERENCES buses (id) ON DELETE CASCADE,
            position INTEGER NOT NULL,
            stop TEXT NOT NULL REFERENCES stops (id),
            arrival INTEGER NOT NULL,
            departure INTEGER NOT NULL CHECK (departure >= arrival),
            PRIMARY KEY (bus, position)
        ) STRICT, WITHOUT ROWID;
        """

    private static let departures = """
        -- Times are milliseconds since 1970; utc_offset is minutes, for showing them. withdrawn marks what is cancelled
        -- because the timetable no longer has it. revision counts the changes.
        CREATE TABLE departures (
            id TEXT PRIMARY KEY,
            bus TEXT NOT NULL REFERENCES buses (id),
            route TEXT NOT NULL REFERENCES routes (id),
            service_date TEXT NOT NULL,
            departs_at INTEGER NOT NULL,
            utc_offset INTEGER NOT NULL,
            capacity INTEGER NOT NULL CHECK (capacity >= 0),
            available INTEGER NOT NULL CHECK (available >= 0),
            booked INTEGER NOT NULL CHECK (booked >= 0),
            boarded INTEGER NOT NULL CHECK (boarded >= 0),
            no_show INTEGER NOT NULL CHECK (no_show >= 0),
            fare_amount INTEGER NOT NULL CHECK (fare_amount >= 0),
            fare_currency TEXT NOT NULL,
            state TEXT NOT NULL CHECK (state IN ('scheduled', 'boarding', 'departed', 'cancelled')),
            withdrawn INTEGER NOT NULL DEFAULT 0 CHECK (withdrawn IN (0, 1)),
            revision INTEGER NOT NULL CHECK (revision > 0),
            CHECK (available + booked + boarded + no_show = capacity),
            CHECK (withdrawn = 0 OR state = 'cancelled'),
            UNIQUE (bus, service_date)
        ) STRICT, WITHOUT ROWID;

        CREATE INDEX departures_by_date ON departures (service_date, departs_at, id);
        CREATE INDEX departures_by_time ON departures (departs_at, id);
        CREATE INDEX departures_by_state ON departures (state, departs_at, id);
        """

    private static let imports = """
        CREATE TABLE timetable_imports (
            id INTEGER PRIMARY KEY,
            imported_at INTEGER NOT NULL,
            source TEXT NOT NULL,
            routes INTEGER NOT NULL,
            stops INTEGER NOT NULL,
            buses INTEGER NOT NULL,
            corrected INTEGER NOT NULL,
            refused INTEGER NOT NULL,
            report TEXT NOT NULL
        ) STRICT;
        """
}
