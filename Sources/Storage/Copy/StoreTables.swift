/// All tables. A table or a column that is added to an engine is added here, too; a test compares.
package enum StoreTables {
    /// A table comes after those that its rows refer to.
    package static let all = bus + accounts + timetable + ledger + bookings

    private static let bus = [
        StoreTable(
            "idempotency", key: ["scope", "key"],
            columns: [
                .text("scope"), .text("key"), .hash("fingerprint"), .integer("status", .between(200, 428)), .blob("body"),
                .instant("at"),
            ]),
        StoreTable(
            "events", key: ["id"],
            columns: [
                .text("id"), .text("kind"), .text("actor"), .text("subject"), .blob("data"), .text("trace"), .instant("at"),
            ]),
        StoreTable(
            "audit", key: ["id"],
            columns: [
                .text("id"), .instant("at"), .text("actor"), .text("action"), .text("subject"), .text("reason"),
                .blob("before", isOptional: true), .blob("after", isOptional: true), .text("trace"),
            ]),
        StoreTable("settings", key: ["name"], columns: [.text("name"), .blob("value")]),
        StoreTable(
            "fences", key: ["job"], bookkeeping: ["passes"], columns: [.text("job"), .integer("token", .atLeast(1))]),
    ]

    private static let roles = ["rider", "conductor", "developer", "god_admin"]

    private static let accounts = [
        StoreTable(
            "accounts", key: ["id"], bookkeeping: ["holds"],
            columns: [
                .text("id"), .text("email", .lowercase, .length(3, 254)), .text("name", .length(0, 640)),
                .text("roll_number", .length(0, 320), isOptional: true), .text("role", .words(roles)),
                .text("state", .words(["active", "suspended", "closed"])), .text("password_hash"),
                .integer("session_epoch", .atLeast(0)), .instant("created_at"),
            ]),
        StoreTable(
            "sessions", key: ["token"], marks: [StoreMark("open", where: "ending", .isMissing)],
            columns: [
                .hash("token"), .text("id"), .text("account"), .text("role", .words(roles)), .integer("epoch", .atLeast(1)),
                .instant("issued_at"), .instant("expires_at"), .instant("idle_until", isOptional: true),
                .text("ending", .words(["replaced", "closed", "refreshed", "revoked"]), isOptional: true),
                .instant("ended_at", isOptional: true),
            ]),
        StoreTable(
            "devices", key: ["account", "id"],
            columns: [
                .text("account"), .text("id"), .hash("secret"), .hash("previous", isOptional: true),
                .instant("first_used_at"), .instant("last_used_at"),
            ]),
        StoreTable(
            "authenticators", key: ["account"],
            columns: [
                .text("account"), .blob("sealed_secret"), .instant("confirmed_at", isOptional: true), .integer("last_step"),
                .blob("recovery_codes"),
            ]),
        StoreTable("welcomes", key: ["address"], columns: [.hash("address"), .instant("at")]),
        StoreTable(
            "step_ups", key: ["session", "purpose"],
            columns: [.text("session"), .text("purpose"), .text("account"), .instant("expires_at")]),
        StoreTable(
            "code_challenges", key: ["token"],
            columns: [
                .hash("token"), .text("purpose"), .text("budget", .words(["strangers", "owner", "session"])),
                .text("factor", .words(["mail", "authenticator"])), .text("address"), .text("account", isOptional: true),
                .text("session", isOptional: true), .hash("code"), .integer("failures", .atLeast(0)), .instant("sent_at"),
                .instant("expires_at"), .integer("is_spent", .between(0, 1)),
            ]),
        StoreTable(
            "grants", key: ["token"],
            columns: [
                .hash("token"), .text("purpose", .words(["registration", "password_reset", "sign_in"])), .text("address"),
                .text("account", isOptional: true), .instant("expires_at"),
            ]),
        StoreTable(
            "mail_outbox", key: ["reference"], bookkeeping: ["position"],
            columns: [
                .text("reference", .length(32, 32)), .text("recipient"), .text("subject"), .text("body"),
                .instant("queued_at"), .integer("attempts", .atLeast(0)), .instant("due_at", isOptional: true),
                .text("failure", isOptional: true),
            ]),
    ]

    private static let timetable = [
        StoreTable("routes", key: ["id"], columns: [.text("id"), .text("name"), .text("short_name", isOptional: true)]),
        StoreTable(
            "stops", key: ["id"],
            columns: [
                .text("id"), .text("name"), .real("latitude", .between(-90, 90), isOptional: true),
                .real("longitude", .between(-180, 180), isOptional: true),
            ]),
        StoreTable("services", key: ["id"], children: [periods, exceptions], columns: [.text("id")]),
        StoreTable(
            "buses", key: ["id"], children: [calls],
            columns: [
                .text("id"), .text("route"), .text("direction", .words(["outbound", "inbound"])),
                .text("headsign", isOptional: true), .text("from_stop"), .text("to_stop"), .integer("leaves", .atLeast(0)),
                .text("service"), .integer("capacity", .atLeast(0)), .integer("fare_amount", .atLeast(0)),
                .text("fare_currency"), .text("zone"), .text("origin", .words(["imported", "staff"])),
                .instant("ended_at", isOptional: true),
            ]),
        StoreTable(
            "departures", key: ["id"],
            columns: [
                .text("id"), .text("bus"), .text("route"), .text("service_date"), .instant("departs_at"),
                .integer("utc_offset"), .integer("capacity", .atLeast(0)), .integer("available", .atLeast(0)),
                .integer("booked", .atLeast(0)), .integer("boarded", .atLeast(0)), .integer("no_show", .atLeast(0)),
                .integer("fare_amount", .atLeast(0)), .text("fare_currency"),
                .text("state", .words(["scheduled", "boarding", "departed", "cancelled"])),
                .integer("withdrawn", .between(0, 1)), .integer("revision", .atLeast(1)),
            ]),
        StoreTable(
            "timetable_imports", key: ["id"],
            columns: [
                .integer("id"), .instant("imported_at"), .text("source"), .integer("routes"), .integer("stops"),
                .integer("buses"), .integer("corrected"), .integer("refused"), .text("report"),
            ]),
    ]

    private static let periods = StoreChild(
        "service_periods", field: "periods", parent: "service", order: "position",
        columns: [.text("first_date"), .text("last_date"), .integer("days", .between(0, 127))]
    )
    private static let exceptions = StoreChild(
        "service_exceptions", field: "exceptions", parent: "service", order: "date",
        columns: [.text("date"), .integer("runs", .between(0, 1))]
    )
    private static let calls = StoreChild(
        "bus_stops", field: "stops", parent: "bus", order: "position",
        columns: [.text("stop"), .integer("arrival"), .integer("departure")]
    )

    private static let ledger = [
        StoreTable(
            "ledger_accounts", key: ["name"],
            columns: [.text("name"), .text("currency"), .integer("balance"), .integer("postings", .atLeast(0))]),
        StoreTable(
            "chains", key: ["chain"],
            columns: [.integer("chain", .atLeast(0)), .integer("sequence", .atLeast(1)), .hash("hash")]),
        StoreTable(
            "journal", key: ["chain", "sequence"],
            columns: [
                .integer("chain"), .integer("sequence", .atLeast(1)), .text("id"), .text("kind"), .instant("at"),
                .text("reference"), .text("actor"), .text("currency"), .hash("previous"), .hash("hash"),
            ]),
        StoreTable(
            "postings", key: ["chain", "entry", "line"],
            columns: [
                .integer("chain"), .integer("entry"), .integer("line"), .text("account"), .integer("amount"),
                .integer("number", .atLeast(1)), .integer("balance_after"),
            ]),
    ]

    private static let bookings = [
        StoreTable(
            "bookings", key: ["id"], marks: [StoreMark("live", where: "state", .isNot("cancelled"))],
            columns: [
                .text("id"), .text("departure"), .text("rider"),
                .text("state", .words(["booked", "boarded", "no_show", "cancelled"])), .integer("fare", .atLeast(0)),
                .text("currency"), .integer("cutoff_minutes"), .integer("refund_percent", .between(0, 100)),
                .instant("booked_at"), .text("charge", isOptional: true), .instant("cancelled_at", isOptional: true),
                .text("refund", isOptional: true),
            ])
    ]
}
