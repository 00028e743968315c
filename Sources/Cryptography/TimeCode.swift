/// One-time codes that follow the clock (TOTP, RFC 6238), and beneath them those that follow a counter (HOTP, RFC 4226).
package struct TimeCode: Sendable {
    package let hash: HMAC
    /// How many digits a code has: 6 to 8.
    package let digits: Int
    /// Seconds after which there is another code.
    package let period: Int

    /// - Parameters:
    ///   - hash: SHA-1 is what every authenticator app can do.
    ///   - digits: 6 to 8.
    ///   - period: seconds, at least 1.
    package init(hash: HMAC = .sha1, digits: Int = 6, period: Int = 30) {
        precondition((6...8).contains(digits) && period > 0, "a code has 6 to 8 digits and lasts a while")
        self.hash = hash
        self.digits = digits
        self.period = period
    }

    /// Which code is the one of an instant.
    ///
    /// - Parameter seconds: since 1970, rounded down.
    package func step(at seconds: Int64) -> Int64 {
        let (quotient, remainder) = seconds.quotientAndRemainder(dividingBy: Int64(period))
        return remainder < 0 ? quotient - 1 : quotient
    }

    /// The code of a step (RFC 4226, section 5.3).
    ///
    /// - Parameters:
    ///   - step: of ``step(at:)``, or a counter.
    ///   - secret: what both sides know; at least 16 bytes (RFC 4226, section 4).
    package func code(of step: Int64, secret: [UInt8]) -> String {
        let bytes = hash.code(for: withUnsafeBytes(of: step.bigEndian) { Array($0) }, key: secret)
        let offset = Int(bytes[bytes.count - 1] & 0x0f)
        // Without the highest bit, so that machines that know only signed numbers come to the same.
        let number = bytes[offset..<offset + 4].reduce(0) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
        let code = String(number % [1_000_000, 10_000_000, 100_000_000][digits - 6])
        return String(repeating: "0", count: digits - code.utf8.count) + code
    }
}
