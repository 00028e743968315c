import CommandBus

extension ServerConfiguration {
    static func readLimits(_ reading: inout ConfigurationReading) -> Limits {
        func rate(_ name: String, _ perSecond: Int, _ burst: Int, _ what: String) -> Rate {
            Rate(
                perSecond: Double(
                    reading.integer(
                        "limits.\(name).perSecond", default: perSecond, in: 1...1_000_000, "How many \(what) a second."
                    )
                ),
                burst: reading.integer(
                    "limits.\(name).burst", default: burst, in: 1...1_000_000, "How many \(what) at once after a pause."
                )
            )
        }
        return Limits(
            isEnabled: reading.toggle(
                "limits.enabled", default: true, "Whether the rates below, and the bounds on guessing, are enforced."
            ),
            rates: [
                .read: rate("read", 100, 200, "reading commands a caller may send"),
                .write: rate("write", 20, 60, "changing commands a caller may send"),
                .credential: rate("credential", 1, 30, "commands with a password or a mailed code a caller may send"),
            ],
            sharing: reading.integer(
                "limits.sharing", default: 10, in: 1...1000,
                "How many times as much one network address may send, of callers who are not signed in: a campus may share it."
            )
        )
    }
}
