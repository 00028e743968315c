import Foundation

/// The engine of the store that a run of the tests is on.
package enum TestEngine: String, Sendable, CaseIterable {
    case sqlite
    case mongodb

    /// `FAREBUS_TEST_ENGINE`; the embedded store unless told otherwise.
    package static let current: TestEngine = {
        guard let name = ProcessInfo.processInfo.environment["FAREBUS_TEST_ENGINE"], !name.isEmpty else { return .sqlite }
        guard let engine = TestEngine(rawValue: name) else {
            fatalError("FAREBUS_TEST_ENGINE must be one of \(allCases.map(\.rawValue)), and is '\(name)'")
        }
        return engine
    }()

    /// For what is about the file of the embedded store itself.
    package static var isSQLite: Bool { current == .sqlite }
    /// For what is about a database in common.
    package static var isMongoDB: Bool { current == .mongodb }
}
