/// A value that describes itself without what it holds, so that a secret can't get into a log by accident: neither by
/// itself nor as a part of something that is printed.
package protocol Unprintable: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {}

extension Unprintable {
    package var description: String { "(secret)" }
    package var debugDescription: String { "(secret)" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
