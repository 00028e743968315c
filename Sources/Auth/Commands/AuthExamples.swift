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

extension OneTimeCode {
    static var example: Self { .example("12345678") }
}

extension DeviceSecret {
    static var example: Self { .example("device-0123456789abcdef") }
}

extension NewPassword {
    static var example: Self { .example("seven buses at dawn") }
}

extension ShownPassword {
    static var example: Self { .example("seven buses at dawn") }
}
