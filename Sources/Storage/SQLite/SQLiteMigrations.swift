import GRDB

/// The history of the database's schema. A migration that has been released is never changed again.
enum SQLiteMigrations {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("2026-11-29") { db in
            try BusTables.create(db)
            try AccountTables.create(db)
            try TimetableTables.create(db)
            try LedgerTables.create(db)
            try BookingTables.create(db)
        }
        return migrator
    }
}
