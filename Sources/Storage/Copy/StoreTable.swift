/// A table as every engine keeps it: SQLite as a table, MongoDB as a collection.
///
/// The schema of MongoDB and the copy from one engine to another are made from this.
package struct StoreTable: Sendable {
    package let name: String
    /// The columns that tell one row from another, in the order of the key.
    package let key: [String]
    package let columns: [StoreColumn]
    /// Tables of SQLite whose rows MongoDB embeds in the document of the row that they belong to.
    package let children: [StoreChild]
    /// Fields that only MongoDB has, and which follow from the columns.
    package let marks: [StoreMark]
    /// Fields that only MongoDB has, which say nothing about a row and are not copied.
    package let bookkeeping: [String]

    init(
        _ name: String, key: [String], children: [StoreChild] = [], marks: [StoreMark] = [], bookkeeping: [String] = [],
        columns: [StoreColumn]
    ) {
        self.name = name
        self.key = key
        self.columns = columns
        self.children = children
        self.marks = marks
        self.bookkeeping = bookkeeping
    }

    /// The column that MongoDB keeps as `_id`; nil where the key has several, which are joined to one there.
    var soleKey: String? { key.count == 1 ? key.first : nil }

    /// What a column is called in MongoDB.
    func field(of column: String) -> String { column == soleKey ? "_id" : column }
}

/// A column, with what may stand in it.
package struct StoreColumn: Sendable {
    package enum Kind: Sendable, Equatable {
        case text
        case integer
        case real
        case blob
    }

    /// A rule for the values of one column.
    package enum Rule: Sendable {
        case atLeast(Int64)
        case between(Int64, Int64)
        /// One of these words.
        case words([String])
        /// So many bytes, or characters of a text.
        case length(Int, Int)
        /// A text without capital letters of ASCII.
        case lowercase
    }

    package let name: String
    package let kind: Kind
    package let isOptional: Bool
    package let rules: [Rule]

    static func text(_ name: String, _ rules: Rule..., isOptional: Bool = false) -> Self {
        Self(name: name, kind: .text, isOptional: isOptional, rules: rules)
    }

    static func integer(_ name: String, _ rules: Rule..., isOptional: Bool = false) -> Self {
        Self(name: name, kind: .integer, isOptional: isOptional, rules: rules)
    }

    static func real(_ name: String, _ rules: Rule..., isOptional: Bool = false) -> Self {
        Self(name: name, kind: .real, isOptional: isOptional, rules: rules)
    }

    static func blob(_ name: String, _ rules: Rule..., isOptional: Bool = false) -> Self {
        Self(name: name, kind: .blob, isOptional: isOptional, rules: rules)
    }

    /// 32 bytes: a hash, or the hash of a secret.
    static func hash(_ name: String, isOptional: Bool = false) -> Self {
        blob(name, .length(32, 32), isOptional: isOptional)
    }

    /// Milliseconds since 1970.
    static func instant(_ name: String, isOptional: Bool = false) -> Self { integer(name, isOptional: isOptional) }
}

/// A table of SQLite whose rows are elements of a list in MongoDB.
package struct StoreChild: Sendable {
    package let table: String
    /// The list.
    package let field: String
    /// The column that names the row that they belong to.
    package let parent: String
    /// What they are in the order of: a column that counts from 0, which the list has no need of, or one of `columns`.
    package let order: String
    /// Without `parent`, and without an order that counts.
    package let columns: [StoreColumn]

    init(_ table: String, field: String, parent: String, order: String, columns: [StoreColumn]) {
        self.table = table
        self.field = field
        self.parent = parent
        self.order = order
        self.columns = columns
    }

    /// Whether `order` counts from 0.
    var isPositioned: Bool { !columns.contains { $0.name == order } }
}

/// A field that is true exactly while a row is of some kind, and missing otherwise: MongoDB's partial unique indexes can't
/// ask for what is missing or different.
package struct StoreMark: Sendable {
    package enum Condition: Sendable {
        case isNot(String)
        case isMissing
    }

    package let field: String
    package let column: String
    package let condition: Condition

    init(_ field: String, where column: String, _ condition: Condition) {
        self.field = field
        self.column = column
        self.condition = condition
    }
}
