package import Foundation

/// Small named values that outlive the process: the switches.
package protocol SettingReads {
    /// The value as JSON; nil if it was never set.
    func setting(_ name: String) throws -> Data?
}

package protocol SettingRecords: SettingReads {
    func set(_ name: String, _ value: Data) throws
}
