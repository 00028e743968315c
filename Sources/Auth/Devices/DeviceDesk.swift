import CommandBus
import Cryptography

/// Knows devices again by their secrets, and gives them new ones.
///
/// The server makes the secrets: each is good for one sign-in, which answers with the next. One that comes a second time was
/// copied, by a thief or from one, and nobody can tell which of the two is asking: the device is forgotten then.
struct DeviceDesk: Sendable {
    let configuration: AuthConfiguration
    let keys: AuthKeys

    /// What a shown secret says about whoever shows it.
    enum Recognition: Sendable, Equatable {
        /// Nothing: the second factor is due.
        case unknown
        /// It comes from a device that has passed the second factor.
        case known(RememberedDevice)
        /// It was used before.
        case copied(RememberedDevice)

        /// The device, if it is known.
        var device: DeviceID? {
            if case .known(let device) = self { device.id } else { nil }
        }
    }

    /// Looks a secret up among the devices of an account. Nothing is written.
    ///
    /// - Parameters:
    ///   - secret: what was shown; nil if nothing was.
    ///   - account: whose device it should be. It need not exist: the work is the same.
    func recognise(
        _ secret: DeviceSecret?, of account: AccountID, in reads: some AccountReads, at now: Timestamp
    ) throws -> Recognition {
        guard let secret else { return .unknown }
        let digest = keys.digest(of: secret, account: account)
        for device in try known(of: account, in: reads, at: now) {
            if device.secret == digest { return .known(device) }
            if device.previous == digest { return .copied(device) }
        }
        return .unknown
    }

    /// The devices of an account that need no second factor now, the one used last first.
    func known(of account: AccountID, in reads: some AccountReads, at now: Timestamp) throws -> [RememberedDevice] {
        try reads.devices(of: account).filter { isFresh($0, at: now) }
    }

    /// Remembers a new device. Those that were not used for too long are forgotten, and so is the one used longest ago if
    /// there are too many.
    ///
    /// - Returns: the secret for its next sign-in.
    func remember(_ account: AccountID, in work: Work<some AccountRecords>) throws -> SecretToken {
        let now = work.context.now
        let devices = try work.tx.devices(of: account)
        let kept = devices.filter { isFresh($0, at: now) }.prefix(configuration.devicesPerAccount - 1).map(\.id)
        try forget(devices.map(\.id).filter { !kept.contains($0) }, of: account, in: work)
        let secret = makeSecret(work)
        try work.tx.put(
            RememberedDevice(
                id: work.context.makeID(), account: account, secret: digest(of: secret, account: account), previous: nil,
                firstUsedAt: now, lastUsedAt: now
            )
        )
        return secret
    }

    /// Gives a device that has signed in its next secret.
    func renew(_ device: RememberedDevice, in work: Work<some AccountRecords>) throws -> SecretToken {
        let secret = makeSecret(work)
        try work.tx.put(
            RememberedDevice(
                id: device.id, account: device.account, secret: digest(of: secret, account: device.account),
                previous: device.secret, firstUsedAt: device.firstUsedAt, lastUsedAt: work.context.now
            )
        )
        return secret
    }

    /// Forgets a device: it needs the second factor again.
    func forget(_ device: RememberedDevice, in work: Work<some AccountRecords>) throws {
        try forget([device.id], of: device.account, in: work)
    }

    /// Forgets all devices of an account: each needs the second factor again.
    func forgetAll(of account: AccountID, in work: Work<some AccountRecords>) throws {
        try forget(try work.tx.devices(of: account).map(\.id), of: account, in: work)
    }

    private func forget(
        _ devices: [DeviceID], of account: AccountID, in work: Work<some AccountRecords>
    ) throws {
        guard !devices.isEmpty else { return }
        try work.tx.forget(devices, of: account)
    }

    /// Whether a device was used lately. After a clock was set back a device may have been used in the future; one that was
    /// used too far from now, either way, is not known any more.
    private func isFresh(_ device: RememberedDevice, at now: Timestamp) -> Bool {
        let age = now.milliseconds - device.lastUsedAt.milliseconds
        return abs(age) < Int64(configuration.deviceLifetime) * 1000
    }

    private func makeSecret(_ work: Work<some AccountRecords>) -> SecretToken {
        SecretToken(bytes: work.context.random.bytes(SecretToken.byteCount))
    }

    private func digest(of secret: SecretToken, account: AccountID) -> Digest256 {
        keys.digest(of: DeviceSecret(secret), account: account)
    }
}
