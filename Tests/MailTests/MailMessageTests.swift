import CommandBus
import Foundation
import Testing

@testable import Mail

@Suite("Letters as Internet messages")
struct MailMessageTests {
    private func letter(_ subject: String, _ body: String = "Hello.\n", to: String = "rider@example.com") -> Letter {
        Letter(
            reference: "abcdefghijklmnopabcdefghijklmnop",
            mail: OutgoingMail(to: EmailAddress(trusted: to), subject: subject, body: body),
            queuedAt: Timestamp(milliseconds: 1_795_501_800_123, offsetMinutes: 330), attempts: 0
        )
    }

    private let sender = MailSender(name: "Farebus", address: EmailAddress(trusted: "no-reply@buses.example"))

    private func text(_ letter: Letter, from sender: MailSender? = nil) -> String {
        String(decoding: MailMessage(letter: letter, sender: sender ?? self.sender).bytes, as: UTF8.self)
    }

    /// The fields of the header, unfolded.
    private func fields(_ message: String) -> [(name: Substring, value: Substring)] {
        let header = message.components(separatedBy: "\r\n\r\n")[0].replacingOccurrences(of: "\r\n ", with: " ")
        return header.components(separatedBy: "\r\n").map { line in
            let parts = line.split(separator: ":", maxSplits: 1)
            return (Substring(parts[0]), parts.count > 1 ? Substring(parts[1].dropFirst()) : "")
        }
    }

    private func value(_ name: String, of message: String) -> String? {
        fields(message).first { $0.name == name }.map { String($0.value) }
    }

    @Test("A plain letter, byte by byte")
    func plain() {
        #expect(
            text(letter("Your code", "Hello.\n\n    12345678\n")) == """
                Date: Tue, 24 Nov 2026 06:30:00 +0000\r
                From: "Farebus" <no-reply@buses.example>\r
                To: <rider@example.com>\r
                Subject: Your code\r
                Message-ID: <abcdefghijklmnopabcdefghijklmnop@buses.example>\r
                Auto-Submitted: auto-generated\r
                MIME-Version: 1.0\r
                Content-Type: text/plain; charset=utf-8\r
                Content-Transfer-Encoding: 7bit\r
                \r
                Hello.\r
                \r
                    12345678\r

                """
        )
    }

    @Test(
        "Dates",
        arguments: [
            (Int64(0), "Thu, 01 Jan 1970 00:00:00 +0000"), (951_782_399_999, "Mon, 28 Feb 2000 23:59:59 +0000"),
            (1_709_164_800_000, "Thu, 29 Feb 2024 00:00:00 +0000"), (-1000, "Wed, 31 Dec 1969 23:59:59 +0000"),
        ]
    )
    func dates(milliseconds: Int64, text: String) {
        #expect(MailMessage.date(Timestamp(milliseconds: milliseconds)) == text)
    }

    @Test(
        "No value can add a field to the header, or begin the body",
        arguments: [
            "a\r\nBcc: victim@example.com", "a\nBcc: victim@example.com", "a\rBcc: x@example.com", "a\r\n\r\nbody",
            "a\u{0}b",
            "a\u{85}Bcc: x", "a\u{2028}Bcc: x", "\r\n", "=?utf-8?B?QmNjOg==?=",
        ]
    )
    func injection(evil: String) {
        let plain = fields(text(letter("Your code"))).map(\.name)
        let inSubject = text(letter(evil))
        #expect(fields(inSubject).map(\.name) == plain)
        #expect(inSubject.utf8.allSatisfy { $0 < 127 })
        let inAddress = text(letter("Your code", to: "a@example.com>" + evil))
        #expect(fields(inAddress).map(\.name) == plain)
        #expect(value("To", of: inAddress)?.filter { $0 == ">" }.count == 1)
        let inName = text(letter("Your code"), from: MailSender(name: evil, address: sender.address))
        #expect(fields(inName).map(\.name) == plain)
        let inDomain = MailSender(name: "x", address: EmailAddress(trusted: "a@" + evil))
        #expect(fields(text(letter("Your code"), from: inDomain)).map(\.name) == plain)
    }

    @Test(
        "Subjects come back from their encoded words, none longer than a line may be",
        arguments: [
            "Ihr Fahrschein für Köln", "आपका कोड", "🚌 " + String(repeating: "é", count: 300),
            String(repeating: "long ", count: 40),
        ]
    )
    func subjects(subject: String) throws {
        let message = text(letter(subject))
        let lines = message.components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 })
        let encoded = try #require(value("Subject", of: message))
        let words = encoded.split(separator: " ").map { word in
            Data(base64Encoded: String(word.dropFirst("=?utf-8?B?".count).dropLast(2))) ?? Data()
        }
        // Each word holds whole characters (RFC 2047, section 5).
        #expect(words.allSatisfy { String(data: $0, encoding: .utf8) != nil })
        #expect(String(decoding: words.reduce(Data(), +), as: UTF8.self) == subject)
    }

    @Test("A name with quotes is quoted, and one of another script is encoded")
    func names() {
        let quoted = MailSender(name: #"The "Bus" \ Co."#, address: sender.address)
        #expect(text(letter("x"), from: quoted).contains(#"From: "The \"Bus\" \\ Co." <no-reply@buses.example>"#))
        let foreign = MailSender(name: "बस", address: sender.address)
        #expect(text(letter("x"), from: foreign).contains("From: =?utf-8?B?4KSs4KS4?= <no-reply@buses.example>"))
    }

    @Test(
        "Bodies come back from quoted-printable, in lines of plain ASCII",
        arguments: [
            "Fahrschein für 20,00 €\n", "trailing space \nand tab\t\n", String(repeating: "x", count: 77) + "\n",
            String(repeating: "é = ", count: 100) + "\n", "🚌🚌🚌\n\n\nend\n", "a\r\nb\rc\nd\u{7}\n",
        ]
    )
    func bodies(body: String) throws {
        let message = text(letter("x", body))
        let encoded = try #require(message.range(of: "\r\n\r\n")).upperBound
        let lines = message[encoded...].components(separatedBy: "\r\n")
        #expect(lines.allSatisfy { $0.utf8.count <= 76 && !$0.hasSuffix(" ") && !$0.hasSuffix("\t") })
        #expect(message.utf8.allSatisfy { $0 < 127 })
        #expect(value("Content-Transfer-Encoding", of: message) == "quoted-printable")
        let expected = body.replacingOccurrences(of: "\r\n", with: "\n").replacingOccurrences(of: "\r", with: "\n")
        #expect(decoded(lines) == expected)
    }

    private func decoded(_ lines: [String]) -> String {
        var bytes: [UInt8] = []
        for line in lines.dropLast() {
            let isSoft = line.hasSuffix("=")
            var rest = Array((isSoft ? line.dropLast() : line[...]).utf8)[...]
            while let byte = rest.popFirst() {
                guard byte == UInt8(ascii: "=") else {
                    bytes.append(byte)
                    continue
                }
                bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
                rest = rest.dropFirst(2)
            }
            if !isSoft { bytes.append(10) }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
