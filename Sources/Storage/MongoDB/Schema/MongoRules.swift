/// The rules between the fields of a document, as SQLite's CHECKs of a table have them.
///
/// - SeeAlso: https://www.mongodb.com/docs/manual/core/schema-validation/specify-query-expression-rules/
enum MongoRules {
    /// Expressions that must hold, by collection.
    static let all: [String: [BSONValue]] = [
        "sessions": [
            ["$gt": ["$expires_at", "$issued_at"]], equal(isMissing("ending"), isMissing("ended_at")),
        ],
        "authenticators": [
            ["$gt": [["$binarySize": "$sealed_secret"], 0]],
            ["$eq": [["$mod": [["$binarySize": "$recovery_codes"], 32]], 0]],
        ],
        "code_challenges": [["$gt": ["$expires_at", "$sent_at"]]],
        "stops": [equal(isMissing("latitude"), isMissing("longitude"))],
        "buses": [
            [
                "$allElementsTrue": [
                    ["$map": ["input": "$stops", "as": "stop", "in": ["$gte": ["$$stop.departure", "$$stop.arrival"]]]]
                ]
            ]
        ],
        "departures": [
            ["$eq": [["$add": ["$available", "$booked", "$boarded", "$no_show"]], "$capacity"]],
            ["$or": [["$eq": ["$withdrawn", 0]], ["$eq": ["$state", "cancelled"]]]],
        ],
        "ledger_accounts": [
            ["$or": [["$gte": ["$balance", 0]], ["$ne": [["$substrCP": ["$_id", 0, 7]], "wallet:"]]]]
        ],
        "postings": [["$ne": ["$amount", 0]]],
        "bookings": [
            equal(isMissing("charge"), ["$eq": ["$fare", 0]]),
            equal(isMissing("cancelled_at"), ["$ne": ["$state", "cancelled"]]),
            ["$or": [isMissing("refund"), ["$eq": ["$state", "cancelled"]]]],
        ],
    ]

    static func isMissing(_ field: String) -> BSONValue {
        ["$eq": [["$type": .string("$" + field)], "missing"]]
    }

    static func equal(_ one: BSONValue, _ other: BSONValue) -> BSONValue {
        ["$eq": [one, other]]
    }
}
