import Foundation
import QRCode
import Support
import Testing

@Suite("QR codes")
struct QRCodeTests {
    private static let uri = """
        otpauth://totp/Campus%20Line:asha%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Campus%20Line\
        &algorithm=SHA1&digits=6&period=30
        """

    @Test(
        "A reader finds in the picture what was put into it",
        arguments: QRCode.Correction.allCases, ["7", "A SEAT ON THE BUS 42", "Vidyā, बस का टिकट, a\tb", uri]
    )
    func decoded(correction: QRCode.Correction, text: String) async throws {
        #expect(try await read(QRCode(text, correction: correction)) == text)
    }

    @Test("The largest code is read, and what is larger is refused")
    func largest() async throws {
        let text = String(repeating: "farebus-", count: 400)
        let code = try QRCode(String(text.prefix(2953)), correction: .low)
        #expect(code.size == 177)
        #expect(try await read(code) == text.prefix(2953))
        #expect(throws: QRCode.Failure.tooLong) { try QRCode(String(text.prefix(2954)), correction: .low) }
        #expect(throws: QRCode.Failure.tooLong) { try QRCode([UInt8](repeating: 1, count: 1274), correction: .high) }
        #expect(throws: QRCode.Failure.empty) { try QRCode("") }
    }

    @Test("A picture with a hole in it is read still, at the highest correction")
    func damage() async throws {
        let code = try QRCode(Self.uri, correction: .high)
        // A light square in the middle, a fourth of the side: 6 % of the modules.
        let (start, side) = (4 + code.size * 3 / 8, code.size / 4)
        let hole = "<path fill=\"#fff\" d=\"M\(start) \(start)h\(side)v\(side)h-\(side)z\"/></svg>"
        let damaged = code.svg.replacing("</svg>", with: hole)
        #expect(damaged != code.svg)
        #expect(try await read(damaged) == Self.uri)
    }

    @Test("The finder patterns are where a reader looks for them, and the margin is light")
    func modules() throws {
        let code = try QRCode("7")
        #expect(code.size == 21)
        let finder = [1...7, 1...1, 1...1, 1...1, 1...1, 1...1, 1...7]
        for (row, dark) in finder.enumerated() {
            #expect(code.isDark(row: row, column: 0) == dark.contains(1))
            #expect(code.isDark(row: row, column: code.size - 7))
            #expect(code.isDark(row: code.size - 7 + row, column: 0))
            #expect(!code.isDark(row: row, column: 7))
        }
        #expect(!code.isDark(row: -1, column: 0))
        #expect(!code.isDark(row: 0, column: code.size))
        #expect(code.darkRuns(row: 0).first == 0..<7)
        for row in 0..<code.size {
            let dark = (0..<code.size).filter { code.isDark(row: row, column: $0) }
            #expect(code.darkRuns(row: row).flatMap { Array($0) } == dark)
        }
    }

    @Test("The picture is one document that needs nothing else, with a quiet zone of four modules")
    func svg() throws {
        let code = try QRCode(Self.uri)
        let side = code.size + 8
        #expect(code.svg.hasPrefix("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(side) \(side)\""))
        #expect(code.svg.contains("d=\"M4 4h7"))
        #expect(code.svg.components(separatedBy: "://").count == 2, "only the name space is an address")
        for word in ["href", "script", "url(", "style", "<!", "otpauth"] { #expect(!code.svg.contains(word)) }
    }

    @Test("Codes made at once are those made one after another")
    func concurrency() async throws {
        let texts = (0..<200).map { "\(Self.uri)&number=\($0)" }
        let alone = try texts.map { try QRCode($0) }
        let together = try await withThrowingTaskGroup(of: (Int, QRCode).self) { group in
            for (index, text) in texts.enumerated() { group.addTask { @concurrent in (index, try QRCode(text)) } }
            return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        for (index, code) in alone.enumerated() { #expect(together[index] == code) }
    }

    private func read(_ code: QRCode) async throws -> String {
        try await read(code.svg)
    }

    /// What a reader of its own makes of a picture, drawn by another program.
    private func read(_ svg: String) async throws -> String {
        let folder = try TemporaryFolder("qr")
        let (drawing, picture) = (folder.path + "code.svg", folder.path + "code.png")
        try svg.write(toFile: drawing, atomically: true, encoding: .utf8)
        _ = try await SystemTool.run("rsvg-convert", ["-w", "900", "-h", "900", "-o", picture, drawing])
        return try await SystemTool.run(
            "zbarimg", ["--quiet", "--nodbus", "--raw", "-Sdisable", "-Sqrcode.enable", "--oneshot", picture]
        )
        .trimmingCharacters(in: .newlines)
    }
}
