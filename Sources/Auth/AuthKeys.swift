import CommandBus
import Cryptography

/// The server's own secret, and what it is used for: without it a stolen database tells neither codes, nor devices, nor the
/// secrets of authenticator apps.
package struct AuthKeys: Sendable {
    package static let byteCount = 32

    private let mac: HMACSHA256
    private let cipher: AES256GCM

    /// - Parameter pepper: 32 random bytes, kept outside the database.
    package init(pepper: [UInt8]) {
        precondition(pepper.count == Self.byteCount, "the pepper has 32 bytes")
        mac = HMACSHA256(key: pepper)
        cipher = AES256GCM(key: HKDF.key(from: pepper, info: Array("farebus authenticator secret".utf8)))
    }

    /// The keyed hash of a code, which is good for one purpose and one challenge.
    func digest(of code: OneTimeCode, for purpose: CodePurpose, challenge: Digest256) -> Digest256 {
        mac.code(forParts: [Array("code".utf8), Array(purpose.rawValue.utf8), challenge.bytes, Array(code.raw.utf8)])
    }

    /// A name for whose guesses are counted, from which nobody learns who it is.
    func name(of subject: String, _ kind: String) -> String {
        let code = mac.code(forParts: [Array("guesses".utf8), Array(kind.utf8), Array(subject.utf8)])
        return Base64URL.encode(Array(code.bytes.prefix(16)))
    }

    /// The keyed hash of the mailbox of an address that was given the welcome credit, which tells nobody the address.
    func digest(ofWelcomed address: EmailAddress) -> Digest256 {
        mac.code(forParts: [Array("welcome".utf8), Array(address.mailbox.raw.utf8)])
    }

    /// The keyed hash of a device, which is worth nothing to another account.
    func digest(of device: DeviceSecret, account: AccountID) -> Digest256 {
        mac.code(forParts: [Array("device".utf8), Array(account.raw.utf8), Array(device.raw.utf8)])
    }

    /// The keyed hash of a recovery code, which is worth nothing to another account.
    func digest(of code: RecoveryCode, account: AccountID) -> Digest256 {
        mac.code(forParts: [Array("recovery".utf8), Array(account.raw.utf8), Array(code.text.utf8)])
    }

    /// Encrypts the secret of an account's authenticator app: the store's copy makes no codes, and none for another account.
    ///
    /// - Returns: the number of the form, the nonce, and what AES-256-GCM made.
    func seal(_ secret: [UInt8], of account: AccountID, random: any RandomSource) -> [UInt8] {
        let nonce = random.bytes(AES256GCM.nonceByteCount)
        return [Self.sealForm] + nonce + cipher.seal(secret, nonce: nonce, associated: Array(account.raw.utf8))
    }

    /// The secret of an account's authenticator app; nil if it was not sealed so, for this account and with this key.
    func open(_ sealed: [UInt8], of account: AccountID) -> [UInt8]? {
        guard sealed.first == Self.sealForm, sealed.count > AES256GCM.nonceByteCount else { return nil }
        let nonce = Array(sealed[1...AES256GCM.nonceByteCount])
        let rest = Array(sealed[(AES256GCM.nonceByteCount + 1)...])
        return cipher.open(rest, nonce: nonce, associated: Array(account.raw.utf8))
    }

    /// Tells this form of a sealed secret from those that may come.
    private static let sealForm: UInt8 = 1
}
