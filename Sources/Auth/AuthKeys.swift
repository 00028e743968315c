import CommandBus
import Cryptography

/// The server's own secret, and what it is used for: without it a stolen database tells neither codes nor devices.
package struct AuthKeys: Sendable {
    package static let byteCount = 32

    private let mac: HMACSHA256

    /// - Parameter pepper: 32 random bytes, kept outside the database.
    package init(pepper: [UInt8]) {
        precondition(pepper.count == Self.byteCount, "the pepper has 32 bytes")
        mac = HMACSHA256(key: pepper)
    }

    /// The keyed hash of a code, which is good for one purpose and one challenge.
    func digest(of code: OneTimeCode, for purpose: CodePurpose, challenge: Digest256) -> Digest256 {
        mac.code(forParts: [Array("code".utf8), Array(purpose.rawValue.utf8), challenge.bytes, Array(code.raw.utf8)])
    }

    /// The keyed hash of a device, which is worth nothing to another account.
    func digest(of device: DeviceSecret, account: AccountID) -> Digest256 {
        mac.code(forParts: [Array("device".utf8), Array(account.raw.utf8), Array(device.raw.utf8)])
    }
}
