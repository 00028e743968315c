import Cryptography
import Testing

@Suite("Argon2id")
struct Argon2idTests {
    /// The vectors of the reference implementation (src/test.c), version 0x13.
    @Test(
        "The vectors of the reference implementation",
        arguments: [
            (
                "password", "somesalt", 2, 65536, 1,
                "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
            ),
            (
                "password", "somesalt", 2, 256, 1,
                "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
            ),
            (
                "password", "somesalt", 2, 256, 2,
                "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc"
            ),
            (
                "password", "somesalt", 4, 65536, 1,
                "$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHQ$kCXUjmjvc5XMqQedpMTsOv+zyJEf5PhtGiUghW9jFyw"
            ),
            (
                "differentpassword", "somesalt", 2, 65536, 1,
                "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$C4TWUs9rDEvq7w3+J4umqA32aWKB1+DSiRuBfYxFj94"
            ),
            (
                "password", "diffsalt", 2, 65536, 1,
                "$argon2id$v=19$m=65536,t=2,p=1$ZGlmZnNhbHQ$vfMrBczELrFdWP0ZsfhWsRPaHppYdP3MVEMIVlqoFBw"
            ),
        ] as [(String, String, UInt32, UInt32, UInt32, String)]
    )
    func vector(password: String, salt: String, passes: UInt32, memory: UInt32, lanes: UInt32, encoded: String) throws {
        let cost = Argon2id.Cost(memory: memory, passes: passes, lanes: lanes)
        #expect(try Argon2id.hash(Array(password.utf8), salt: Array(salt.utf8), cost: cost) == encoded)
        #expect(try Argon2id.verify(Array(password.utf8), against: encoded))
        #expect(try !Argon2id.verify(Array((password + "x").utf8), against: encoded))
    }

    @Test("The costs are those of PRODUCT: 19 MiB, two passes, one lane")
    func cost() throws {
        let hash = try Argon2id.hash(Array("password".utf8), salt: Array(0..<16), cost: Argon2id.Cost())
        #expect(hash.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
    }

    @Test("The costs are read from the hash")
    func costOfHash() throws {
        let cost = Argon2id.Cost(memory: 128, passes: 3, lanes: 2)
        #expect(Argon2id.cost(of: try Argon2id.hash([1], salt: Array(0..<16), cost: cost)) == cost)
        #expect(Argon2id.cost(of: Argon2id.decoy(cost: cost)) == cost)
        for malformed in [
            "", "$argon2i$v=19$m=64,t=1,p=1$AA$AA", "$argon2id$v=19$m=64,t=1$AA$AA", "$argon2id$v=16$m=1,t=1,p=1$A$A",
        ] {
            #expect(Argon2id.cost(of: malformed) == nil)
        }
    }

    @Test("What is no hash is a failure and not a wrong password")
    func malformed() {
        #expect(throws: Argon2id.Failure.self) { try Argon2id.verify([1], against: "$argon2id$nonsense") }
        #expect(throws: Argon2id.Failure.self) { try Argon2id.hash([1], salt: [1], cost: Argon2id.Cost(memory: 64)) }
    }

    @Test("The decoy costs the same work and is nobody's")
    func decoy() throws {
        let cost = Argon2id.Cost(memory: 64, passes: 1)
        #expect(try !Argon2id.verify(Array("password".utf8), against: Argon2id.decoy(cost: cost)))
        #expect(try !Argon2id.verify([], against: Argon2id.decoy(cost: cost)))
        #expect(Argon2id.decoy(cost: cost).hasPrefix("$argon2id$v=19$m=64,t=1,p=1$"))
    }
}

@Suite("The line before the hashing threads")
struct PasswordHasherTests {
    private let cheap = Argon2id.Cost(memory: 64, passes: 1)

    @Test("A password is the one of its hash, and of no other")
    func roundTrip() async throws {
        let hasher = PasswordHasher(cost: cheap)
        let hash = try await hasher.hash("seven buses", salt: Array(0..<16))
        #expect(try await hasher.verify("seven buses", against: hash))
        #expect(try await !hasher.verify("seven busses", against: hash))
    }

    @Test("Beyond the bound it turns away, and what it took is done")
    func bound() async throws {
        let hasher = PasswordHasher(threads: 1, waiting: 4, cost: Argon2id.Cost(memory: 4096, passes: 3))
        let outcomes = await withTaskGroup(of: Bool.self) { group in
            for _ in 0..<64 {
                group.addTask {
                    do {
                        _ = try await hasher.hash("seven buses", salt: Array(0..<16))
                        return true
                    } catch let overload as PasswordHasher.Overload {
                        #expect(overload.retryAfter >= 1)
                        return false
                    } catch {
                        Issue.record(error)
                        return false
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(outcomes.contains(true))
        #expect(outcomes.contains(false))
        // There is room again afterwards.
        _ = try await hasher.hash("seven buses", salt: Array(0..<16))
    }

    @Test("A source that fills the line does not keep another from its turn")
    func fair() async throws {
        let hasher = PasswordHasher(threads: 1, waiting: 16, cost: Argon2id.Cost(memory: 16_384, passes: 2))
        let refused = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<64 { group.addTask { await Self.isRefused(by: hasher, "greedy") ? "greedy" : nil } }
            for number in 0..<8 {
                group.addTask { await Self.isRefused(by: hasher, "modest\(number)") ? "modest" : nil }
            }
            return await group.reduce(into: [String]()) { if let source = $1 { $0.append(source) } }
        }
        #expect(refused.contains("greedy"))
        #expect(!refused.contains("modest"))
    }

    private static func isRefused(by hasher: PasswordHasher, _ source: String) async -> Bool {
        do {
            _ = try await hasher.hash("seven buses", salt: Array(0..<16), source: source)
            return false
        } catch is PasswordHasher.Overload {
            return true
        } catch {
            Issue.record(error)
            return false
        }
    }

    @Test("It ends its threads, and finishes what it took")
    func end() async throws {
        var hasher: PasswordHasher? = PasswordHasher(threads: 2, cost: cheap)
        let hash = try await hasher?.hash("seven buses", salt: Array(0..<16))
        #expect(hash != nil)
        weak let gone = hasher
        hasher = nil
        #expect(gone == nil)
    }
}
