import CommandBus
import Cryptography
import Foundation
import Support
import Testing

@testable import Gateway

/// What the cases so far have answered, for those that lean on it: what stands in braces in a case's input is filled in.
///
/// - `{name}`: what an earlier case kept under that name.
/// - `{code to ADDRESS}`: the code in the newest letter to an address.
/// - `{app code of NAME}`: what an authenticator app shows now whose secret was kept under that name.
struct ParityMemory {
    private let servers: [RunningGateway]
    private var values: [String: String] = [:]

    init(_ servers: RunningGateway...) {
        self.servers = servers
    }

    /// Whose token a case is sent with.
    func token(of account: String?) -> String? {
        guard let account else { return nil }
        return Self.name(in: account).map { values[$0] ?? "nobody-kept-this-token" } ?? servers[0].tokens[account]
    }

    /// A case with all that its input leans on.
    func filled(_ parity: ParityCase) async throws -> ParityCase {
        guard case .object(var members) = parity.input else { return parity }
        for (field, value) in members {
            guard case .string(let text) = value, let name = Self.name(in: text) else { continue }
            members[field] = .string(try await self.value(name, for: parity))
        }
        return ParityCase(
            parity.command, parity.label, as: parity.account, .object(members), key: parity.key, status: parity.status,
            keeps: parity.keeps
        )
    }

    /// Keeps what the case wants kept; the other server has answered the same.
    mutating func keep(_ parity: ParityCase, _ answer: ParityAnswer) throws {
        guard !parity.keeps.isEmpty else { return }
        let output = try JSONDecoder().decode(JSONValue.self, from: Data(answer.body.utf8))
        for (name, field) in parity.keeps {
            guard case .string(let text)? = Self.member(field, of: output) else {
                Issue.record("\(parity): its answer has no text '\(field)': \(answer.body)")
                continue
            }
            values[name] = text
        }
    }

    private func value(_ name: String, for parity: ParityCase) async throws -> String {
        if let address = name.dropping("code to ") { return try await code(to: address) }
        if let secret = name.dropping("app code of ").flatMap({ values[$0] }) {
            let app = TimeCode()
            let step = app.step(at: servers[0].clock.now().milliseconds / 1000)
            return app.code(of: step, secret: Self.bytes(ofBase32: secret))
        }
        return try #require(values[name], "\(parity) leans on '\(name)', which nothing has kept")
    }

    /// Both servers have sent the same one.
    private func code(to address: String) async throws -> String {
        var codes: Set<String> = []
        for server in servers {
            let letters = try await server.kept.rows(of: "mail_outbox") { $0.text("recipient") == address }
            let code = letters.last?.text("body")?.firstMatch(of: /\b[0-9]{8}\b/).map { String($0.output) }
            codes.insert(try #require(code, "no code was sent to \(address)"))
        }
        #expect(codes.count == 1)
        return codes.first ?? ""
    }

    /// A member, or with a point the member of a member or the element of a list: `codes.0`.
    private static func member(_ path: String, of value: JSONValue) -> JSONValue? {
        path.split(separator: ".").reduce(value) { value, part in
            switch value {
            case .object(let members)?: members[String(part)]
            case .array(let elements)?: Int(part).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            default: nil
            }
        }
    }

    /// What an app does with the text that was typed into it (RFC 4648, section 6).
    private static func bytes(ofBase32 text: String) -> [UInt8] {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
        var (bytes, buffer, bits): ([UInt8], UInt32, UInt32) = ([], 0, 0)
        for character in text {
            guard let value = alphabet.firstIndex(of: character) else { continue }
            (buffer, bits) = (buffer << 5 | UInt32(value), bits + 5)
            guard bits >= 8 else { continue }
            bits -= 8
            bytes.append(UInt8(truncatingIfNeeded: buffer >> bits))
        }
        return bytes
    }

    private static func name(in text: String) -> String? {
        text.hasPrefix("{") && text.hasSuffix("}") ? String(text.dropFirst().dropLast()) : nil
    }
}

extension String {
    /// What follows a prefix; nil if the text has another beginning.
    fileprivate func dropping(_ prefix: String) -> String? {
        hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
    }
}
