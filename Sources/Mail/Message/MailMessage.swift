import CommandBus

/// A letter as an Internet message (RFC 5322) with a text body (RFC 2045), in the bytes that go over the wire.
///
/// Each field of the header is made of characters that can't end a line, whatever the values hold: no value can add a
/// field of its own.
struct MailMessage {
    let letter: Letter
    let sender: MailSender

    var bytes: [UInt8] {
        let body = TransferEncoding(letter.mail.body)
        let header = [
            "Date: \(Self.date(letter.queuedAt))",
            "From: \(HeaderText.displayName(sender.name)) <\(HeaderText.address(sender.address))>",
            "To: <\(HeaderText.address(letter.mail.to))>",
            "Subject: \(HeaderText.unstructured(letter.mail.subject, after: "Subject: ".count))",
            "Message-ID: <\(HeaderText.atom(letter.reference))@\(HeaderText.atom(sender.domain))>",
            // RFC 3834: no automatic answer should come back.
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: \(body.name)",
        ]
        return Array((header.joined(separator: "\r\n") + "\r\n\r\n").utf8) + body.bytes
    }

    /// `Tue, 24 Nov 2026 08:30:00 +0000` (RFC 5322, section 3.3).
    static func date(_ instant: Timestamp) -> String {
        // Written in UTC: where the server stands is nobody's business.
        let seconds = Int(instant.milliseconds.quotientAndRemainder(dividingBy: 1000).quotient)
        let day = seconds / 86_400 - (seconds % 86_400 < 0 ? 1 : 0)
        let inDay = seconds - day * 86_400
        let date = CivilDate(daysSinceEpoch: day)
        let (year, month, dayOfMonth) = date.components
        let weekdays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let time = [inDay / 3600, inDay / 60 % 60, inDay % 60].map(twoDigits).joined(separator: ":")
        return "\(weekdays[date.weekday]), \(twoDigits(dayOfMonth)) \(months[month - 1]) \(year) \(time) +0000"
    }

    private static func twoDigits(_ number: Int) -> String {
        number < 10 ? "0\(number)" : "\(number)"
    }
}
