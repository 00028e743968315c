package import CommandBus
package import Cryptography

package enum DeviceKind: IdentifiedKind { package static let prefix = "dev" }

/// Names a device of an account.
package typealias DeviceID = Identifier<DeviceKind>

/// A device on which an account has passed the second factor, as the store keeps it.
///
/// Its secret is good for one sign-in, which gives it the next one. A secret that comes a second time was copied: the
/// device is forgotten then, whoever has the newer one.
package struct RememberedDevice: Sendable, Equatable {
    package let id: DeviceID
    package let account: AccountID
    /// The keyed hash of the secret that the device has now.
    package let secret: Digest256
    /// The keyed hash of the secret before that one; nil if it is the first.
    package let previous: Digest256?
    package let firstUsedAt: Timestamp
    package let lastUsedAt: Timestamp

    package init(
        id: DeviceID, account: AccountID, secret: Digest256, previous: Digest256?, firstUsedAt: Timestamp,
        lastUsedAt: Timestamp
    ) {
        self.id = id
        self.account = account
        self.secret = secret
        self.previous = previous
        self.firstUsedAt = firstUsedAt
        self.lastUsedAt = lastUsedAt
    }
}
