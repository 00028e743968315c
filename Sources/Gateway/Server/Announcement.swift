import CommandBus
import Foundation
import Mail

/// What a server says on standard output when it has begun to listen.
enum Announcement {
    static func print(_ configuration: ServerConfiguration, folder: DataFolder, port: Int) {
        var lines = ["Listening on http://\(configuration.http.host):\(port)"]
        if configuration.isDemo { lines += demo(configuration, folder: folder, port: port) }
        write(lines)
    }

    /// Shows a letter that a demo has put into its mailbox.
    static func print(_ letter: Letter, file: URL) {
        write(["", "Mail to \(letter.mail.to): \(letter.mail.subject) (\(file.path))", "", letter.mail.body, ""])
    }

    /// One write, and no buffer that a reader at the other end of a pipe would wait for.
    private static func write(_ lines: [String]) {
        FileHandle.standardOutput.write(Data((lines.joined(separator: "\n") + "\n").utf8))
    }

    private static func demo(_ configuration: ServerConfiguration, folder: DataFolder, port: Int) -> [String] {
        let server = "http://\(configuration.http.host):\(port)"
        let token = "TOKEN=$(jq -r '.\"rider1@demo.test\"' \(folder.demoSessions))"
        let departure =
            "BUS=$(curl -s \"\(server)/v1/departures?limit=1\" -H \"Authorization: Bearer $TOKEN\" | jq -r '.items[0].id')"
        let next = departure.replacing("limit=1", with: "limit=2").replacing(".items[0]", with: ".items[1]")
        return [
            "",
            "************************************************************************************",
            "*  THIS IS A DEMO. Its accounts have one password, and everybody knows it:         *",
            "*  \(DemoAccounts.password.padding(toLength: 80, withPad: " ", startingAt: 0))*",
            "*  Never put real riders or real money into this folder.                            *",
            "************************************************************************************",
            "Accounts: rider1@demo.test to rider\(configuration.demoRiders)@demo.test,",
            "          conductor@demo.test, developer@demo.test, god@demo.test",
            "Sessions: \(folder.demoSessions)",
            "Mail:     \(configuration.mail.directory)",
            "",
            "Paste into another terminal, in this folder:",
            "",
            "1. Book a seat over REST:",
            "\(token); \(departure); curl -s -X POST \(server)/v1/bookings -H \"Authorization: Bearer $TOKEN\" "
                + "-H 'Content-Type: application/json' -H \"Idempotency-Key: $(cat /proc/sys/kernel/random/uuid)\" "
                + "-d \"{\\\"departure\\\":\\\"$BUS\\\"}\" | jq",
            "",
            "2. The same over a socket:",
            "\(token); \(next); scripts/socket.py --token \"$TOKEN\" ws://\(configuration.http.host):\(port)/v1/socket "
                + "\"{\\\"id\\\":\\\"1\\\",\\\"cmd\\\":\\\"bookings.create\\\",\\\"key\\\":\\\"$(cat /proc/sys/kernel/random/uuid)\\\","
                + "\\\"input\\\":{\\\"departure\\\":\\\"$BUS\\\"}}\"",
            "",
            "3. Watch the seats (then book, and see them go; Ctrl-C ends it):",
            "\(token); curl -N -s \(server)/v1/feeds/seats -H \"Authorization: Bearer $TOKEN\"",
            "",
        ]
    }
}
