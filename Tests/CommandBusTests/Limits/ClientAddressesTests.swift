import CommandBus
import Testing

@Suite("The address that a client calls from")
struct ClientAddressesTests {
    private static func ranges(_ texts: String...) -> [AddressRange] {
        texts.compactMap { AddressRange($0) }
    }

    @Test("Without trusted proxies a header says nothing")
    func untrusted() {
        let addresses = ClientAddresses()
        #expect(addresses.address(peer: "192.0.2.1", forwardedFor: "203.0.113.9") == "192.0.2.1")
        #expect(addresses.address(peer: nil, forwardedFor: "203.0.113.9") == "local")
        let behindProxy = ClientAddresses(trustedProxies: Self.ranges("10.0.0.0/8"))
        #expect(behindProxy.address(peer: "192.0.2.1", forwardedFor: "203.0.113.9") == "192.0.2.1")
    }

    @Test(
        "A trusted proxy is believed as far as trusted proxies have written",
        arguments: [
            (nil, "10.0.0.1"), ("", "10.0.0.1"), ("203.0.113.9", "203.0.113.9"), ("203.0.113.9, 10.0.0.2", "203.0.113.9"),
            ("198.51.100.7, 203.0.113.9, 10.0.0.2", "203.0.113.9"), ("spoofed, 203.0.113.9", "203.0.113.9"),
            ("203.0.113.9, spoofed", "10.0.0.1"), ("203.0.113.9,spoofed,10.0.0.2", "10.0.0.2"),
            ("2001:db8::7", "2001:db8::7"),
            (" 203.0.113.9 ", "203.0.113.9"), ("10.0.0.3, 10.0.0.2", "10.0.0.3"),
        ])
    func trusted(forwardedFor: String?, client: String) {
        let addresses = ClientAddresses(trustedProxies: Self.ranges("10.0.0.0/8"))
        #expect(addresses.address(peer: "10.0.0.1", forwardedFor: forwardedFor) == client)
    }

    @Test(
        "Blocks of addresses",
        arguments: [
            ("10.0.0.0/8", "10.255.1.2", true), ("10.0.0.0/8", "11.0.0.1", false), ("192.0.2.128/25", "192.0.2.200", true),
            ("192.0.2.128/25", "192.0.2.100", false), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
            ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false), ("fd00::/8", "fd12::1", true),
            ("fd00::/8", "fe80::1", false), ("::1", "::1", true), ("127.0.0.1", "::ffff:127.0.0.1", true),
        ])
    func blocks(range: String, peer: String, isTrusted: Bool) {
        let addresses = ClientAddresses(trustedProxies: Self.ranges(range))
        #expect(addresses.address(peer: peer, forwardedFor: "198.51.100.99") == (isTrusted ? "198.51.100.99" : peer))
    }

    @Test(
        "What is no address and no block",
        arguments: [
            "", "/", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "10.0.0.0/8/8", "::/129", "host", "10.0.0.0/x",
            "1.2.3.4 ",
        ])
    func noRange(text: String) {
        #expect(AddressRange(text) == nil)
    }

    @Test(
        "One client may have a whole /64 of IPv6, and is one client",
        arguments: [
            ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("local", "local"), ("", ""),
            ("2001:db8:0:1::7", "2001:db8:0:1::/64"), ("2001:db8:0:1:ffff:ffff:ffff:ffff", "2001:db8:0:1::/64"),
            ("2001:0DB8:0000:0001::8", "2001:db8:0:1::/64"), ("2001:db8:0:2::7", "2001:db8:0:2::/64"),
            ("fe80::1%eth0", "fe80:0:0:0::/64"), ("::1", "0:0:0:0::/64"),
        ])
    func network(address: String, expected: String) {
        #expect(ClientAddresses.network(of: address) == expected)
    }

    @Test(
        "A household may have many networks of IPv6, and is one site",
        arguments: [
            ("192.0.2.1", nil), ("::ffff:192.0.2.1", nil), ("local", nil), ("2001:db8:0:1::7", "2001:db8:0::/48"),
            ("2001:db8:0:ffff::7", "2001:db8:0::/48"), ("2001:db8:1:1::7", "2001:db8:1::/48"),
            ("fe80::1%eth0", "fe80:0:0::/48"),
        ] as [(String, String?)])
    func site(address: String, expected: String?) {
        #expect(ClientAddresses.site(of: address) == expected)
    }
}
