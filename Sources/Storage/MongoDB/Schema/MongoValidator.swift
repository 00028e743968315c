/// What a collection lets in: SQLite's types, NOT NULLs and CHECKs, said to MongoDB.
///
/// A field that no column has is refused, so that nothing can be kept that a copy would not know of. What a validator can't
/// say is that another document must be there: there are no foreign keys.
///
/// - SeeAlso: https://www.mongodb.com/docs/manual/core/schema-validation/
struct MongoValidator {
    let document: BSONDocument

    init(_ table: StoreTable) {
        var properties: [BSONDocument.Field] = []
        if table.soleKey == nil { properties.append((name: "_id", value: ["bsonType": "string"])) }
        properties += table.columns.map { (name: table.field(of: $0.name), value: .document(Self.schema($0))) }
        properties += table.children.map { (name: $0.field, value: Self.list($0)) }
        properties += table.marks.map { (name: $0.field, value: ["enum": [true]]) }
        properties += table.bookkeeping.map { (name: $0, value: ["bsonType": Self.whole]) }
        let required =
            (table.soleKey == nil ? ["_id"] : []) + table.columns.filter { !$0.isOptional }.map { table.field(of: $0.name) }
            + table.children.map(\.field)

        var rules = table.columns.flatMap { Self.rules($0, in: table) }
        rules += table.marks.map(Self.rule)
        rules += MongoRules.all[table.name] ?? []
        var parts: [BSONValue] = [["$jsonSchema": .document(Self.object(properties, required))]]
        if !rules.isEmpty { parts.append(["$expr": ["$and": .array(rules)]]) }
        document = ["$and": .array(parts)]
    }

    /// A number that came from a shell may be a short one.
    private static let whole: BSONValue = ["int", "long"]

    private static func object(_ properties: [BSONDocument.Field], _ required: [String]) -> BSONDocument {
        [
            "bsonType": "object", "required": BSONValue(required), "additionalProperties": false,
            "properties": .document(BSONDocument(fields: properties)),
        ]
    }

    private static func list(_ child: StoreChild) -> BSONValue {
        let properties: [BSONDocument.Field] = child.columns.map { (name: $0.name, value: .document(schema($0))) }
        let element = object(properties, child.columns.filter { !$0.isOptional }.map(\.name))
        return ["bsonType": "array", "items": .document(element)]
    }

    private static func schema(_ column: StoreColumn) -> BSONDocument {
        var schema: BSONDocument =
            switch column.kind {
            case .text: ["bsonType": "string"]
            case .integer: ["bsonType": whole]
            case .real: ["bsonType": "double"]
            case .blob: ["bsonType": "binData"]
            }
        for rule in column.rules {
            switch rule {
            case .atLeast(let least): schema["minimum"] = .int(least)
            case .between(let least, let most):
                schema["minimum"] = .int(least)
                schema["maximum"] = .int(most)
            case .words(let words): schema["enum"] = BSONValue(words)
            case .length(let least, let most):
                guard column.kind == .text else { continue }
                schema["minLength"] = BSONValue(least)
                schema["maxLength"] = BSONValue(most)
            case .lowercase: continue
            }
        }
        return schema
    }

    /// The rules of a column that JSON Schema has no word for.
    private static func rules(_ column: StoreColumn, in table: StoreTable) -> [BSONValue] {
        let field = BSONValue.string("$" + table.field(of: column.name))
        let rules: [BSONValue] = column.rules.compactMap { rule in
            switch rule {
            case .lowercase: ["$eq": [field, ["$toLower": field]]]
            case .length(let least, let most) where column.kind == .blob:
                [
                    "$and": [
                        ["$gte": [["$binarySize": field], BSONValue(least)]],
                        ["$lte": [["$binarySize": field], BSONValue(most)]],
                    ]
                ]
            default: nil
            }
        }
        guard column.isOptional else { return rules }
        // Of what is missing the expressions would not hold.
        return rules.map { ["$or": [MongoRules.isMissing(table.field(of: column.name)), $0]] }
    }

    /// A mark is there exactly while its condition holds.
    private static func rule(_ mark: StoreMark) -> BSONValue {
        let condition: BSONValue =
            switch mark.condition {
            case .isNot(let word): ["$ne": [.string("$" + mark.column), .string(word)]]
            case .isMissing: MongoRules.isMissing(mark.column)
            }
        return MongoRules.equal(["$eq": [.string("$" + mark.field), true]], condition)
    }
}
