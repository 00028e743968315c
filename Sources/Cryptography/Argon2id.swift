import CArgon2

/// Argon2id (RFC 9106), as the reference implementation computes it.
package enum Argon2id {
    /// What a hash costs whoever computes it.
    package struct Cost: Sendable, Equatable {
        /// KiB of memory.
        package let memory: UInt32
        /// Passes over the memory.
        package let passes: UInt32
        package let lanes: UInt32

        package init(memory: UInt32 = 19_456, passes: UInt32 = 2, lanes: UInt32 = 1) {
            self.memory = memory
            self.passes = passes
            self.lanes = lanes
        }
    }

    /// The library refused to compute a hash: it had no memory, or the costs are impossible.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    /// The hash of a password, with its salt and costs, as a PHC string.
    ///
    /// - Parameters:
    ///   - password: the bytes of the password.
    ///   - salt: at least 8 random bytes; 16 are usual.
    ///   - cost: what the hash costs.
    ///   - length: how many bytes the hash has.
    package static func hash(
        _ password: [UInt8], salt: [UInt8], cost: Cost, length: Int = 32
    ) throws(Failure) -> String {
        let capacity = argon2_encodedlen(
            cost.passes, cost.memory, cost.lanes, UInt32(salt.count), UInt32(length), Argon2_id
        )
        var encoded = [CChar](repeating: 0, count: capacity)
        let status = argon2id_hash_encoded(
            cost.passes, cost.memory, cost.lanes, password, password.count, salt, salt.count, length, &encoded, encoded.count
        )
        guard status == ARGON2_OK.rawValue else { throw failure(status) }
        return String(decoding: encoded.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// Whether a password is the one of a hash, at the hash's own costs.
    ///
    /// - Parameters:
    ///   - password: the bytes of the password.
    ///   - hash: a PHC string of ``hash(_:salt:cost:length:)``.
    package static func verify(_ password: [UInt8], against hash: String) throws(Failure) -> Bool {
        let status = argon2id_verify(hash, password, password.count)
        switch status {
        case ARGON2_OK.rawValue: return true
        case ARGON2_VERIFY_MISMATCH.rawValue: return false
        default: throw failure(status)
        }
    }

    /// The costs that a PHC string names; nil if it is none of Argon2id's.
    package static func cost(of hash: String) -> Cost? {
        let parts = hash.split(separator: "$")
        guard parts.count == 5, parts[0] == "argon2id", parts[1] == "v=19" else { return nil }
        var numbers: [Substring: UInt32] = [:]
        for setting in parts[2].split(separator: ",") {
            let pair = setting.split(separator: "=", maxSplits: 1)
            guard pair.count == 2 else { return nil }
            numbers[pair[0]] = UInt32(pair[1])
        }
        guard let memory = numbers["m"], let passes = numbers["t"], let lanes = numbers["p"] else { return nil }
        return Cost(memory: memory, passes: passes, lanes: lanes)
    }

    /// A well-formed hash that is no password's: to verify against it costs what it costs against any other.
    package static func decoy(cost: Cost) -> String {
        "$argon2id$v=19$m=\(cost.memory),t=\(cost.passes),p=\(cost.lanes)\(decoyEnding)"
    }

    /// Whether a hash is one of ``decoy(cost:)``, at whatever cost.
    package static func isDecoy(_ hash: String) -> Bool { hash.hasSuffix(decoyEnding) }

    private static let decoyEnding = "$" + String(repeating: "A", count: 22) + "$" + String(repeating: "A", count: 43)

    private static func failure(_ status: Int32) -> Failure {
        Failure(description: argon2_error_message(status).map { String(cString: $0) } ?? "Argon2 error \(status)")
    }
}
