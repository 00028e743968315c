import CommandBus

// The inputs of the reference. A rule that refuses its own example stops the server when the command is registered.

extension Refined where Raw == String {
    static func example(_ raw: String) -> Self {
        do throws(RuleViolation) {
            return try Self(refining: raw)
        } catch {
            preconditionFailure("the example of \(Self.self) breaks its own rule: \(error.detail)")
        }
    }
}

extension ShownToken {
    static var example: Self { .example(String(repeating: "A", count: 43)) }
}

extension SignInName {
    static var example: Self { .example("rider@example.com") }
}

extension OneTimeCode {
    static var example: Self { .example("12345678") }
}

extension FactorCode {
    static var example: Self { .example("12345678") }
}

extension DeviceSecret {
    static var example: Self { .example(String(repeating: "A", count: 43)) }
}

extension NewPassword {
    static var example: Self { .example("seven buses at dawn") }
}

extension ShownPassword {
    static var example: Self { .example("seven buses at dawn") }
}
