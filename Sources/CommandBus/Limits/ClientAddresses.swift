import Foundation

/// Finds the address that a client calls from, where proxies of ours may stand before it.
///
/// A header that a client can write itself is believed only as far as trusted proxies have written it.
package struct ClientAddresses: Sendable {
    private let trusted: [AddressRange]

    /// - Parameter trustedProxies: the addresses of proxies whose `X-Forwarded-For` is believed.
    package init(trustedProxies: [AddressRange] = []) {
        trusted = trustedProxies
    }

    /// - Parameters:
    ///   - peer: the address at the other end of the connection; nil for one that has none.
    ///   - forwardedFor: `X-Forwarded-For`, asked for only where the peer is a trusted proxy.
    /// - Returns: the address of the client.
    package func address(peer: String?, forwardedFor: @autoclosure () -> String?) -> String {
        guard let peer else { return "local" }
        guard !trusted.isEmpty, isTrusted(peer), let list = forwardedFor() else { return peer }
        var nearest = peer
        // Each proxy appends who called it, so the list is read from its end.
        for entry in list.split(separator: ",").reversed() {
            let address = entry.trimmingCharacters(in: .whitespaces)
            guard AddressRange.bytes(of: address) != nil else { return nearest }
            nearest = address
            if !isTrusted(address) { break }
        }
        return nearest
    }

    /// The network that an address stands for where one client could have many: that of IPv6 is its /64, of which a client
    /// commonly has all.
    ///
    /// - Returns: an IPv4 address as it is, also where it is mapped into IPv6; of IPv6 the first 64 bits, as
    ///   `2001:db8:0:1::/64`; what is no address, as it is.
    package static func network(of address: String) -> String {
        // Without the name of the interface, which link-local addresses carry.
        guard let bytes = AddressRange.bytes(of: String(address.prefix { $0 != "%" })) else { return address }
        guard bytes.count == 16 else { return bytes.map(String.init).joined(separator: ".") }
        return groups(bytes.prefix(8)) + "::/64"
    }

    /// The site that an address is of where sites are given many networks: of IPv6 the first 48 bits, as `2001:db8:0::/48`
    /// (RFC 6177 has them from /48 to /56).
    ///
    /// - Returns: nil for IPv4, and for what is no address.
    package static func site(of address: String) -> String? {
        guard let bytes = AddressRange.bytes(of: String(address.prefix { $0 != "%" })), bytes.count == 16 else { return nil }
        return groups(bytes.prefix(6)) + "::/48"
    }

    private static func groups(_ bytes: ArraySlice<UInt8>) -> String {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: 2)
            .map { String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16) }
            .joined(separator: ":")
    }

    private func isTrusted(_ address: String) -> Bool {
        guard let bytes = AddressRange.bytes(of: address) else { return false }
        return trusted.contains { $0.contains(bytes) }
    }
}

/// An address, or a block of them (`10.0.0.0/8`, `fd00::/8`).
package struct AddressRange: Sendable, Hashable {
    private let bytes: [UInt8]
    private let prefix: Int

    /// Nil if the text is neither an address nor a block in CIDR notation.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let bytes = Self.bytes(of: String(parts[0])) else { return nil }
        self.bytes = bytes
        guard parts.count == 2 else {
            prefix = bytes.count * 8
            return
        }
        guard let prefix = Int(parts[1]), (0...bytes.count * 8).contains(prefix) else { return nil }
        self.prefix = prefix
    }

    func contains(_ address: [UInt8]) -> Bool {
        guard address.count == bytes.count else { return false }
        let (whole, rest) = (prefix / 8, prefix % 8)
        guard address.prefix(whole) == bytes.prefix(whole) else { return false }
        return rest == 0 || (address[whole] ^ bytes[whole]) >> UInt8(8 - rest) == 0
    }

    /// The 4 or 16 bytes of an address; those of the inner one where IPv4 is mapped into IPv6.
    static func bytes(of text: String) -> [UInt8]? {
        var four = in_addr()
        if inet_pton(AF_INET, text, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
        var six = in6_addr()
        guard inet_pton(AF_INET6, text, &six) == 1 else { return nil }
        let bytes = withUnsafeBytes(of: six) { Array($0) }
        let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
        return isMapped ? Array(bytes.suffix(4)) : bytes
    }
}
