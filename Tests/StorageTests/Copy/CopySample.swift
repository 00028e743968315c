import CommandBus
import Foundation
import GRDB
import Support

@testable import Storage

/// A store with rows in every table, and with values that are easily changed on the way: missing ones, empty ones, the
/// largest and the smallest, and texts of all kinds.
enum CopySample {
    /// Makes a data folder's file.
    static func make(at path: String, riders: Int = 24) async throws {
        let store = try SQLiteStore.open(path: path, logger: EngineServer.silent)
        try await store.transact(
            TransactionUnit { tx in
                try tx.db.execute(sql: fixed)
                for number in 0..<riders { try insertRider(number, tx.db) }
            }
        )
        try store.close()
    }

    private static let fixed = """
        INSERT INTO events VALUES ('e_1', 'booked', 'a_1', 'd_1', x'', '', 0), ('e_2', 'ü', '', '', x'00ff', 't', -1);
        INSERT INTO settings VALUES ('maintenance', x'7b7d'), ('Ωmega', x'');
        INSERT INTO fences VALUES ('roll', 9223372036854775807);
        INSERT INTO audit VALUES
            ('au_1', -1, 'system', 'staff.create', 'a_1', 'a word, "quoted"', NULL, x'7b7d', ''),
            ('au_2', 0, 'a_1', 'staff.revoke', 'a_2', '', x'', NULL, 't');
        INSERT INTO grants VALUES (zeroblob(32), 'registration', 'new@example.com', NULL, 5);
        INSERT INTO mail_outbox VALUES
            ('abcdefghabcdefghabcdefghabcdefgh', 'x@example.com', '', 'line' || char(10) || '🚌', 1, 0, 1, NULL),
            ('bbcdefghabcdefghabcdefghabcdefgh', 'x@example.com', 's', '', 2, 5, NULL, 'refused');
        INSERT INTO routes VALUES ('r_1', 'Line', NULL), ('r_2', 'Líne', 'L');
        INSERT INTO stops VALUES ('s_1', 'Gate', 12.0, -0.0), ('s_2', 'Lake', NULL, NULL), ('s_3', 'Hill', 0.1, 179.999999999);
        INSERT INTO services VALUES ('v_none'), ('v_daily');
        INSERT INTO service_periods VALUES
            ('v_daily', 0, '2026-01-01', '2026-06-30', 127), ('v_daily', 1, '2026-07-01', '2026-12-31', 0);
        INSERT INTO service_exceptions VALUES ('v_daily', '2026-12-25', 0), ('v_daily', '2026-01-01', 1);
        INSERT INTO buses VALUES
            ('b_1', 'r_1', 'outbound', NULL, 's_1', 's_2', 0, 'v_daily', 40, 2000, 'INR', 'Asia/Kolkata', 'staff', NULL),
            ('b_2', 'r_1', 'inbound', 'Gate', 's_2', 's_1', 90000, 'v_daily', 0, 0, 'INR', 'Asia/Kolkata', 'imported', 7);
        INSERT INTO bus_stops VALUES
            ('b_1', 0, 's_1', 10, 10), ('b_1', 1, 's_3', 20, 21), ('b_1', 2, 's_2', 30, 30), ('b_2', 0, 's_2', 0, 0),
            ('b_2', 1, 's_1', 1, 1);
        INSERT INTO departures VALUES
            ('d_1', 'b_1', 'r_1', '2026-11-24', 1000, 330, 1000, 1000, 0, 0, 0, 2000, 'INR', 'scheduled', 0, 1),
            ('d_2', 'b_1', 'r_1', '2026-11-25', 2000, 330, 4, 1, 1, 1, 1, 0, 'INR', 'cancelled', 1, 7);
        INSERT INTO timetable_imports VALUES (1, 5, 'feed.zip', 1, 2, 3, 4, 5, ''), (12, 6, 'f', 0, 0, 0, 0, 0, 'a
        b');
        INSERT INTO ledger_accounts VALUES ('operator:fares', 'INR', -5, 3);
        INSERT INTO chains VALUES (0, 1, zeroblob(32));
        """

    private static func insertRider(_ number: Int, _ db: Database) throws {
        let id = "a_\(number)"
        let hash = Data(repeating: UInt8(truncatingIfNeeded: number), count: 30) + [UInt8(number >> 8), UInt8(number & 255)]
        try db.execute(
            sql: "INSERT INTO accounts VALUES (?, ?, 'Ünal', ?, 'rider', 'active', '', 1, 0)",
            arguments: [id, "\(id)@example.com", number.isMultiple(of: 2) ? nil : "R\(number)"]
        )
        try db.execute(
            sql: "INSERT INTO sessions VALUES (?, ?, ?, 'rider', 1, 0, 9, ?, ?, ?)",
            arguments: [
                hash, "s_\(number)", id, number.isMultiple(of: 2) ? nil : 7, number.isMultiple(of: 3) ? "closed" : nil,
                number.isMultiple(of: 3) ? 5 : nil,
            ]
        )
        let isEven = number.isMultiple(of: 2)
        try db.execute(
            sql: "INSERT INTO devices VALUES (?, ?, ?, ?, 1, 2)",
            arguments: [id, "dev_\(number)", hash, isEven ? nil : hash]
        )
        try db.execute(
            sql: "INSERT INTO authenticators VALUES (?, ?, ?, ?, ?)",
            arguments: [id, Data([0, UInt8(number & 255)]), isEven ? nil : 3, -number, isEven ? Data() : hash + hash]
        )
        try db.execute(
            sql: "INSERT INTO welcomes VALUES (?, 5)",
            arguments: [hash])
        try db.execute(sql: "INSERT INTO step_ups VALUES (?, 'staff_change', ?, 5)", arguments: ["s_\(number)", id])
        try db.execute(
            sql: "INSERT INTO code_challenges VALUES (?, 'sign_in', 'owner', ?, ?, ?, ?, ?, 0, 0, 1, 0)",
            arguments: [hash, isEven ? "mail" : "authenticator", id, isEven ? nil : id, isEven ? nil : "s_\(number)", hash]
        )
        try db.execute(
            sql: "INSERT INTO grants VALUES (?, 'password_reset', ?, ?, 5)",
            arguments: [Data(repeating: 255, count: 30) + hash.suffix(2), id, id]
        )
        try db.execute(
            sql: "INSERT INTO idempotency VALUES (?, ?, ?, 201, ?, 0)", arguments: [id, "k|\(number)", hash, hash]
        )
        try db.execute(
            sql: "INSERT INTO ledger_accounts VALUES (?, 'INR', 0, 1)", arguments: ["wallet:\(id)"]
        )
        // Numbers of one, two and three digits: as texts they are in another order.
        try db.execute(
            sql: "INSERT INTO journal VALUES (?, ?, ?, 'fare', 0, '', ?, 'INR', ?, ?)",
            arguments: [number % 3, number + 1, "j_\(number)", id, hash, hash]
        )
        try db.execute(
            sql: "INSERT INTO postings VALUES (?1, ?2, 0, ?3, -5, 1, 0), (?1, ?2, 1, 'operator:fares', 5, ?4, 5)",
            arguments: [number % 3, number + 1, "wallet:\(id)", number + 1]
        )
        let isPaid = !number.isMultiple(of: 2)
        try db.execute(
            sql: "INSERT INTO bookings VALUES (?, 'd_1', ?, ?, ?, 'INR', 30, 100, 0, ?, ?, NULL)",
            arguments: [
                "t_\(number)", id, number.isMultiple(of: 5) ? "cancelled" : "booked", isPaid ? 5 : 0,
                isPaid ? "j_\(number)" : nil, number.isMultiple(of: 5) ? 3 : nil,
            ]
        )
    }
}
