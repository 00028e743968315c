package import CommandBus

/// Whom letters come from.
package struct MailSender: Sendable, Equatable {
    /// For people to read.
    package let name: String
    package let address: EmailAddress

    package init(name: String, address: EmailAddress) {
        self.name = name
        self.address = address
    }

    /// The domain in which references of letters are unique.
    var domain: String {
        address.raw.split(separator: "@").last.map(String.init) ?? address.raw
    }
}
