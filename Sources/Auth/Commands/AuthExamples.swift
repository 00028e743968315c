import CommandBus

// The inputs of the reference.

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
